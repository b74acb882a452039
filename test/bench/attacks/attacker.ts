/** The attackers, in a process of their own that gives way to the others: they have machines of their own. */
import { setPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerCalls } from '../program.ts'
import { ATTACKS } from './attacks.ts'
import type { Scene, Tally } from './scene.ts'

setPriority(10)

answerCalls({
  begin: () => undefined,
  async attack({ name, scene, ms }: { name: string; scene: Scene; ms: number }): Promise<Tally> {
    const tally: Tally = {}
    const endsMs = performance.now() + ms
    const attack = ATTACKS[name]
    if (!attack) throw new Error(`no such attack: ${name}`)
    const over = sleep(ms)
    await Promise.race([attack({ scene, tally, isOver: () => performance.now() >= endsMs, over }), over])
    return tally
  },
})
