/**
 * An emulated machine: prechecks, installation and uninstall. With CANTRIP_FULL=1 also provisioning with the default
 * settings, power cuts, and the test bed inside. `run.ts [PART]...` runs single parts.
 */
import assert from 'node:assert/strict'
import { story } from '../e2e/stages.ts'
import { isFull, keepResult } from '../run/campaign.ts'
import { openSite } from '../support/site/site.ts'
import { bedNamed } from '../support/testbed/bed.ts'
import { leftovers } from '../support/testbed/leftovers.ts'
import { downAll } from '../support/testbed/nodes.ts'
import { powerCut } from '../support/vm/guest.ts'
import { unlessAborted } from '../support/vm/unless-aborted.ts'
import { fixesAreReverted } from './fix.ts'
import { isWholeMachine, powerCutLoses } from './ground.ts'
import { cutPower, installation, uninstallation } from './power-cuts.ts'
import { firewall, healthy, troubles, wrongClock } from './prechecks.ts'
import { configured, hasTheDefaults, importSiteBundle, provisioned } from './provisioning.ts'
import { FRESH, installed, keepAs, openScene, prepareCredentials, type Scene, startFrom, uninstalled } from './scene.ts'
import { testbedInside } from './testbed-inside.ts'

const INSTALLED = 'installed'
const READY = 'ready'
const bed = bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-vm`)
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => interrupted.abort(new Error(signal)))

let scene: Scene | undefined
const { stage, end } = story(console.log, async () => {})
const on = (title: string, work: (scene: Scene) => Promise<void>) =>
  stage(title, async () => {
    interrupted.signal.throwIfAborted()
    if (!scene) throw new Error('there is no guest')
    await unlessAborted(interrupted.signal, work(scene))
  })

const parts: Record<string, () => Promise<void>> = {
  async prechecks() {
    await on("a healthy machine: the prechecks only report Debian's defaults, and their fixes work", healthy)
    await on('swap and a blocked kernel module: the check reports it, and the fix works', troubles)
    await on('firewalld: closed ports are reported, the fix opens them, and a stopped firewalld passes', firewall)
    await on('a clock 10 s ahead of the controller', wrongClock)
    await on('install: DISCOVERED, and uninstall: 0 differences', async (scene) => {
      await startFrom(scene, FRESH)
      await installed(scene)
      await uninstalled(scene)
    })
  },
  async fix() {
    await on('precheck --fix opens ports, disables swap and sets parameters; uninstall reverts it', fixesAreReverted)
  },
  async 'cut-installation'() {
    await on(
      'power cuts during installation: the same command completes it, and uninstall finds 0 differences',
      (scene) => cutPower(scene, 'vm-cut-installation', installation(FRESH), 10),
    )
  },
  async 'cut-uninstallation'() {
    await on('the agent is installed', async (scene) => {
      await startFrom(scene, FRESH)
      await installed(scene)
      await keepAs(scene, INSTALLED)
    })
    await on('power cuts during uninstall: the same command completes it with 0 differences', (scene) =>
      cutPower(scene, 'vm-cut-uninstallation', uninstallation(INSTALLED), 10),
    )
  },
  async testbed() {
    await on('the test bed of this project on cgroup v2, with systemd as process 1', testbedInside)
  },
  async provisioning() {
    const started = Date.now()
    await on('import the bundle, install, approve, configure: CONFIGURED', async (scene) => {
      await importSiteBundle(scene)
      await startFrom(scene, FRESH)
      await installed(scene)
      await configured(scene)
    })
    await on('provision with the default settings: READY', provisioned)
    await on('cgroup v2, with the systemd cgroup driver', hasTheDefaults)
    await on('the state of the READY machine is saved', (scene) => keepAs(scene, READY))
    await on('uninstall: 0 differences', async (scene) => {
      await uninstalled(scene)
      keepResult('vm-provisioning', { counts: { ready: 1, differences: 0 }, failed: [] }, started)
    })
    await on(
      'power cuts during uninstall of a READY machine: the same command completes it with 0 differences',
      (scene) => cutPower(scene, 'vm-cut-ready', uninstallation(READY), 4),
    )
  },
}

const asked = process.argv.slice(2)
const chosen = asked.length > 0 ? asked : isFull ? Object.keys(parts) : ['prechecks']

await downAll(bed)
try {
  await stage('an emulated machine boots', async () => {
    scene = await openScene(bed, interrupted.signal, console.log)
  })
  await on('it has its own kernel, with cgroup v2', isWholeMachine)
  await on('a power cut loses unsynced data, and nothing else', powerCutLoses)
  await on('a controller and a cluster', async (scene) => {
    scene.site = await openSite(bed)
    await prepareCredentials(scene)
    await keepAs(scene, FRESH)
  })
  for (const name of chosen) await parts[name]?.()
} finally {
  await scene?.site?.close()
  if (scene) await powerCut(scene.guest)
  await downAll(bed)
}
await stage('nothing is left behind', async () => assert.deepEqual(await leftovers(bed), []))
const code = end()
process.exit(interrupted.signal.aborted ? 130 : code) // interrupted work may still be pending
