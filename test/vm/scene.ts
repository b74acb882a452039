import assert from 'node:assert/strict'
import { copyFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { executables } from '../support/site/artefacts.ts'
import { awaitState, createCluster, nodeRow, type Site } from '../support/site/site.ts'
import type { Bed } from '../support/testbed/bed.ts'
import { copyIn } from '../support/vm/copy-in.ts'
import { boot, exec, execOk, type Guest, newGuest, powerCut } from '../support/vm/guest.ts'
import { restoreState, saveState } from '../support/vm/saved-state.ts'

export const CLUSTER = 'factory'
const AGENT = '/root/agent'
/** The saved state with the executable and the credentials on the machine, before the installation. */
export const FRESH = 'fresh'
/** The emulated guest is about ten times slower than the host. */
export const INSTALL_MS = 240_000
export const UNINSTALL_MS = 600_000

/** The state that the stages share. `startFrom` replaces the guest. */
export interface Scene {
  readonly bed: Bed
  readonly signal: AbortSignal
  readonly say: (line: string) => void
  guest: Guest
  site: Site | undefined
  /** The command that installs the agent. Empty before `prepareCredentials`. */
  install: readonly string[]
}

export async function openScene(bed: Bed, signal: AbortSignal, say: (line: string) => void): Promise<Scene> {
  const guest = await newGuest(bed, signal)
  await boot(guest, signal)
  return { bed, signal, say, guest, site: undefined, install: [] }
}

export function siteOf({ site }: Scene): Site {
  assert(site, 'the controller is up')
  return site
}

/** Creates a cluster, and copies the executable and the credentials to the guest. */
export async function prepareCredentials(scene: Scene, flags: readonly string[] = []): Promise<void> {
  await copyIn(scene.guest, executables.agent, AGENT)
  const credentials = await createCluster(siteOf(scene), { name: CLUSTER, overrides: {}, flags })
  for (const file of [`${CLUSTER}.pem`, `${CLUSTER}-passphrase.txt`]) {
    await copyIn(scene.guest, join(credentials, file), `/root/${file}`)
  }
  const files = ['--creds-file', `/root/${CLUSTER}.pem`, '--passphrase-file', `/root/${CLUSTER}-passphrase.txt`]
  scene.install = [AGENT, ...files]
}

/** Saves the machine and the records of the controller under a name, and continues from there. */
export async function keepAs(scene: Scene, name: string): Promise<void> {
  const directory = keptIn(scene, name)
  await saveState(scene.guest, directory)
  await siteOf(scene).whileDown(() => copyRecords(dataOf(scene), directory))
  await startFrom(scene, name)
}

/** Continues with the saved machine and controller. The present machine is discarded. */
export async function startFrom(scene: Scene, name: string): Promise<void> {
  await powerCut(scene.guest)
  await siteOf(scene).whileDown(() => copyRecords(keptIn(scene, name), dataOf(scene)))
  scene.guest = await restoreState(scene.bed, keptIn(scene, name), scene.signal)
}

const keptIn = ({ bed }: Scene, name: string) => join(bed.directory, `kept-${name}`)
const dataOf = (scene: Scene) => join(siteOf(scene).directory, 'data')

/** Copies the database of the controller. Its bundles and CAs stay the same. */
async function copyRecords(from: string, to: string): Promise<void> {
  const isOfDatabase = (file: string) => file.startsWith('controller.db')
  for (const file of (await readdir(to)).filter(isOfDatabase)) await rm(join(to, file))
  for (const file of (await readdir(from)).filter(isOfDatabase)) await copyFile(join(from, file), join(to, file))
}

/** Runs a command in a shell, as a user would paste it. */
export const paste = (scene: Scene, command: string) => execOk(scene.guest, ['sh', '-c', command])

export const agent = (scene: Scene, args: readonly string[], timeoutMs = INSTALL_MS) =>
  exec(scene.guest, [AGENT, ...args], { timeoutMs })

export async function installed(scene: Scene, state = 'DISCOVERED'): Promise<void> {
  const { code, stdout, stderr } = await exec(scene.guest, scene.install, { timeoutMs: INSTALL_MS })
  assert.equal(code, 0, stderr + stdout)
  assert.match(stdout, /\[\+\] Node registered: id n-[a-z2-7]{10}, key SHA256:\S+, state /)
  await awaitState(siteOf(scene), scene.guest.name, state, 60_000)
}

export async function uninstalled(scene: Scene): Promise<void> {
  const { code, stdout, stderr } = await agent(scene, ['--uninstall', '--yes'], UNINSTALL_MS)
  assert.equal(code, 0, stderr + stdout)
  assert.match(stdout, /host restored: 0 differences\s*$/)
  await nothingIsLeft(scene)
}

async function nothingIsLeft({ guest }: Scene): Promise<void> {
  const created = ['/etc/kubernetes', '/var/lib/cantrip', '/etc/cantrip', '/var/lib/etcd', '/usr/local/bin/kubelet']
  const left = await exec(guest, ['ls', '-d', ...created, '/etc/systemd/system/cantrip-agent.service'])
  assert.equal(left.stdout, '', 'files of Cantrip left on the machine')
}

export async function order(scene: Scene, verb: string, state: string, ...flags: string[]): Promise<void> {
  const row = await nodeRow(siteOf(scene), scene.guest.name)
  assert(row, `the controller knows ${scene.guest.name}`)
  await siteOf(scene).admin('node', verb, row.id, ...flags)
  await awaitState(siteOf(scene), scene.guest.name, state, 120_000)
}
