/** Power cuts at seeded moments. After each the machine boots with the data that its disk kept, and the same command completes. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { keepResult, seed } from '../run/campaign.ts'
import { seededRandom } from '../support/random.ts'
import { boot, exec, execOk, powerCut } from '../support/vm/guest.ts'
import { agent, INSTALL_MS, installed, type Scene, startFrom, UNINSTALL_MS, uninstalled } from './scene.ts'

/** The work to interrupt, and the work that must complete after the boot. */
export interface Interrupted {
  readonly name: string
  /** The name of the saved state to start from. */
  readonly from: string
  work(scene: Scene): Promise<{ code: number; stdout: string; stderr: string }>
  again(scene: Scene): Promise<void>
}

export const installation = (from: string): Interrupted => ({
  name: 'installation',
  from,
  work: ({ guest, install }) => exec(guest, install, { timeoutMs: INSTALL_MS }),
  async again(scene) {
    await installed(scene)
    await uninstalled(scene) // nothing of the first attempt may be left either
  },
})

export const uninstallation = (from: string): Interrupted => ({
  name: 'uninstallation',
  from,
  work: (scene) => agent(scene, ['--uninstall', '--yes'], UNINSTALL_MS),
  again: uninstalled,
})

/** Cuts the power `times` times, spread over the time that the work takes, each time from the same state. */
export async function cutPower(scene: Scene, campaign: string, what: Interrupted, times: number): Promise<void> {
  const random = seededRandom(seed)
  const started = Date.now()
  const withinMs = await uncut(scene, what)
  const failed: string[] = []
  let midway = 0
  for (let i = 0; i < times; i += 1) {
    const afterMs = Math.round(((i + random()) / times) * withinMs)
    const name = `${what.name} cut after ${afterMs} of ${withinMs} ms`
    try {
      if (await cutOnce(scene, what, afterMs)) midway += 1
      scene.say(`  ${name}`)
    } catch (error) {
      scene.signal.throwIfAborted()
      failed.push(`${name}: ${error instanceof Error ? error.message : error}`)
      scene.say(`  ${failed.at(-1)}`)
    }
  }
  keepResult(campaign, { counts: { cuts: times, midway, ok: times - failed.length }, failed }, started)
  assert.deepEqual(failed, [], `seed ${seed}`)
}

/** How long the work takes without a power cut, in milliseconds. */
async function uncut(scene: Scene, what: Interrupted): Promise<number> {
  await startFrom(scene, what.from)
  const started = performance.now()
  const { code, stdout, stderr } = await what.work(scene)
  assert.equal(code, 0, stderr + stdout)
  return Math.round(performance.now() - started)
}

/** Returns whether the work was still running at the power cut. */
async function cutOnce(scene: Scene, what: Interrupted, afterMs: number): Promise<boolean> {
  await startFrom(scene, what.from)
  await writeForeignFile(scene)
  let midway = true
  const work = what.work(scene).then(
    () => {
      midway = false
    },
    () => {}, // fails with the power cut
  )
  await sleep(afterMs)
  const wasMidway = midway
  await powerCut(scene.guest)
  await work
  await boot(scene.guest, scene.signal)
  await what.again(scene)
  assert.equal(await execOk(scene.guest, ['cat', FOREIGN_FILE]), FOREIGN_TEXT)
  return wasMidway
}

const FOREIGN_FILE = '/etc/foreign'
const FOREIGN_TEXT = 'not of Cantrip\n'

/** Writes a file that Cantrip does not manage, and syncs it. */
async function writeForeignFile({ guest }: Scene): Promise<void> {
  await execOk(guest, ['dd', `of=${FOREIGN_FILE}`, 'conv=fsync', 'status=none'], { stdin: FOREIGN_TEXT })
  await execOk(guest, ['sync', '/etc'])
}
