import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isFull, keepResult, seed } from '../../test/run/campaign.ts'
import { begin, happen, live } from '../../test/support/controller/model/events.ts'
import { bringToRest } from '../../test/support/controller/model/rest.ts'
import { contradictions } from '../../test/support/controller/model/truths.ts'
import { openWorld } from '../../test/support/controller/model/world.ts'
import { seededRandom } from '../../test/support/random.ts'

const HISTORIES = isFull ? 500 : 8
const LENGTH = isFull ? 250 : 150
/** Of the cluster that is READY by then. */
const LIFE = 100
/** In memory where that can be had: nothing here is about disks. */
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const TIMEOUT_MS = isFull ? 3_600_000 : 300_000

test(
  `${HISTORIES} random histories of ${LENGTH + LIFE} events end in one READY cluster, without a contradiction on the way`,
  async () => {
    const startedMs = Date.now()
    const failed: string[] = []
    let events = 0
    let stepsToRest = 0
    let repairs = 0
    let degraded = 0
    for (let history = 0; history < HISTORIES; history++) {
      const directory = mkdtempSync(join(PLACE, 'model-'))
      const world = await openWorld(directory, seededRandom(seed + history))
      const told: string[] = []
      try {
        await begin(world)
        const go = async (event: typeof happen, count: number) => {
          for (let at = 0; at < count; at++) {
            told.push(await event(world))
            events += 1
            const wrong = await contradictions(world)
            if (wrong.length > 0) throw new Error(wrong.join('; '))
          }
          stepsToRest += await bringToRest(world)
        }
        await go(happen, LENGTH)
        await go(live, LIFE)
        const { store } = world.core
        for (const { id } of await store.nodesOf(world.clusterId)) {
          repairs += (await store.runsOf(id)).filter(({ repair, state }) => repair && state === 'done').length
        }
        const stored = await store.eventsAfter({ after: 0 }, 100_000)
        degraded += stored.filter(({ event }) => 'state' in event && event.state === 'DEGRADED').length
      } catch (error) {
        failed.push(`seed ${seed}, history ${history}: ${error}\n  ${told.slice(-25).join('\n  ')}`)
      } finally {
        await world.core.store.close()
        rmSync(directory, { recursive: true })
      }
    }
    keepResult(
      'director-model',
      { counts: { histories: HISTORIES, events, stepsToRest, repairs, degraded }, failed },
      startedMs,
    )
    expect(failed.slice(0, 3)).toEqual([])
    // Of histories in which none happens nothing would be shown about them.
    expect(repairs).toBeGreaterThan(HISTORIES / 3)
    expect(degraded).toBeGreaterThan(HISTORIES / 3)
  },
  TIMEOUT_MS,
)
