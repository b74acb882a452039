/**
 * A whole machine under emulation: the prechecks there, and the agent in and out again. With CANTRIP_FULL=1 also a
 * provisioning with the product's defaults, and power cuts.
 */

import { story } from '../e2e/stages.ts'
import { isFull } from '../run/campaign.ts'
import { openSite } from '../support/site/site.ts'
import { bedNamed } from '../support/testbed/bed.ts'
import { downAll } from '../support/testbed/nodes.ts'
import { powerCut } from '../support/vm/guest.ts'
import { isWholeMachine, powerCutLoses } from './ground.ts'
import { firewall, healthy, troubles, wrongClock } from './prechecks.ts'
import { configured, giveBundle, hasTheDefaults, provisioned } from './provisioning.ts'
import { FRESH, giveCredentials, installed, keepAs, openScene, type Scene, startFrom, uninstalled } from './scene.ts'

const say = (line: string) => console.log(line)
const bed = bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-vm`)
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort(new Error(signal)))

let scene: Scene | undefined
const { stage, end } = story(say, async () => {})
const on = (work: (scene: Scene) => Promise<void>) => async () => {
  interrupted.signal.throwIfAborted()
  if (!scene) throw new Error('there is no guest')
  await work(scene)
}

await downAll(bed)
try {
  await stage('an emulated machine boots', async () => {
    scene = await openScene(bed, interrupted.signal, say)
  })
  await stage('it has a kernel and control groups (v2) of its own', on(isWholeMachine))
  await stage('a power cut loses what was not synced, and nothing else', on(powerCutLoses))
  await stage('a controller and a cluster', on(prepare))
  await stage('prechecks of a healthy machine: only what Debian ships is told, and the fixes help', on(healthy))
  await stage('swap, a forbidden module: each named by its check, and mended by the fix', on(troubles))
  await stage('firewalld: closed ports named, opened by the fix, off', on(firewall))
  await stage("a clock 10 s off the controller's", on(wrongClock))
  await stage('install: DISCOVERED, and uninstall: 0 differences', on(inAndOut))
  if (isFull) {
    await stage('the bundle is with the controller', on(giveBundle))
    await stage('install, approve, configure: CONFIGURED', on(ready))
    await stage("provision with the product's defaults: READY", on(provisioned))
    await stage('cgroup v2, with systemd as the driver', on(hasTheDefaults))
    await stage('uninstall: 0 differences', on(uninstalled))
  }
} finally {
  await scene?.site?.close()
  if (scene) await powerCut(scene.guest)
  await downAll(bed)
}
process.exitCode = end()

async function prepare(scene: Scene): Promise<void> {
  scene.site = await openSite(bed)
  await giveCredentials(scene)
  await keepAs(scene, FRESH)
}

async function ready(scene: Scene): Promise<void> {
  await startFrom(scene, FRESH)
  await installed(scene)
  await configured(scene)
}

async function inAndOut(scene: Scene): Promise<void> {
  await startFrom(scene, FRESH)
  await installed(scene)
  await uninstalled(scene)
}
