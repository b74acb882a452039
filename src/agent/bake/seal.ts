import { basename, dirname } from 'node:path/posix'
import { AgentError } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'
import { CONTAINERD, ETCD_DATA, KUBELET_STATE, KUBERNETES } from '../../base/kubernetes-paths.ts'
import type { HostView } from '../../host/host.ts'
import type { Machine } from '../../host/machine.ts'
import { BAKE_STEPS, PREPARE_STEPS } from '../../ledger/baked.ts'
import { replay } from '../../ledger/replay.ts'
import { type AgentPaths, commandOf } from '../paths.ts'
import { otherInstallations } from '../restore/other-installations.ts'
import type { Workspace } from '../restore/workspace.ts'
import { isOfImage } from '../scope.ts'

/** The system that becomes an image: that of this machine, or the one in a directory (`--root`), whose programs do not run. */
export interface Template {
  paths: AgentPaths
  root?: string | undefined
}

/** What a machine has of its own, and makes again at its next boot. `text`: the file stays, with this text. */
export interface Sealed {
  path: string
  text?: string
}

/** Files, by directory and pattern of their names. */
const FILES: readonly (readonly [directory: string, name: RegExp])[] = [
  ['/var/lib/dbus', /^machine-id$/],
  ['/var/lib/systemd', /^(random-seed|credential\.secret)$/],
  ['/etc/ssh', /^ssh_host_.*_key(\.pub)?$/],
  ['/etc', /^hostname$/],
  ['/var/log', /^cloud-init.*\.log$/],
  ['/var/lib/dhcp', /\.leases?$/],
  ['/var/lib/dhclient', /\.leases?$/],
  ['/var/lib/dhcpcd', /\.lease6?$/],
  ['/var/lib/NetworkManager', /(\.lease|^secret_key|^timestamps)$/],
  ['/etc/udev/rules.d', /^70-persistent-net\.rules$/],
  ['/etc/nvme', /^host(nqn|id)$/],
  ['/etc/multipath', /^wwids$/],
  [`${CONTAINERD.root}/io.containerd.grpc.v1.introspection`, /^uuid$/],
]
/** Directories with all that is in them, except what belongs to the template. They stay. */
const DIRECTORIES: readonly (readonly [directory: string, keep: RegExp])[] = [
  // A seed may be the only source of data, and the scripts are an administrator's.
  ['/var/lib/cloud', /^(seed|scripts)$/],
  ['/var/log/journal', /^$/],
  // Of "agent bake --bundle" that was interrupted.
  [`${CONTAINERD.baked}/bundle`, /^$/],
]
const MACHINE_ID = '/etc/machine-id'
const INITIATOR = '/etc/iscsi/initiatorname.iscsi'
/** Debian's open-iscsi replaces this text at its start. Others create a file that is missing. */
const DEBIAN_ISCSI = '/usr/lib/open-iscsi/startup-checks.sh'
const GENERATE = 'GenerateName=yes\n'

/** What a cluster leaves on its nodes. */
const OF_A_CLUSTER = [`${KUBERNETES}/kubelet.conf`, `${KUBELET_STATE}/pki`, `${ETCD_DATA}/member`]

/** The directory of an installation's configuration, and one of its credentials. */
const CONFIGURATION = /^cantrip(-(?!(.*-)?day0$).*)?$/
const DAY_ZERO = /^cantrip(-.*)?-day0$/

/**
 * Throws unless this machine is a template: baked, not registered, and without the state of a cluster, or of an installation that was
 * interrupted, also of other instances.
 */
export async function requireTemplate(
  { machine, ledger }: Pick<Workspace, 'machine' | 'ledger'>,
  template: Template,
): Promise<void> {
  const { paths, root } = template
  const { outstanding } = replay(ledger.entries())
  if (!outstanding.some(({ step }) => step.startsWith(BAKE_STEPS)))
    throw new AgentError('bake/not-baked', 'this system was not prepared with agent bake', {
      fix: root === undefined ? 'sudo ./agent bake' : command`sudo ./agent bake --root ${root}`,
      kind: 'refused',
    })
  await refuseInstalled(machine, template)
  const others = await otherInstallations(machine, paths)
  const steps = [...outstanding.map(({ step }) => step), ...others.steps]
  const step = steps.find((each) => !isOfImage(each))
  if (step !== undefined)
    throw new AgentError('bake/installed', `the changes of an installation are not undone, for example of ${step}`, {
      fix: `${uninstall(template)}; of another installation, add --instance NAME`,
      kind: 'refused',
    })
  for (const path of OF_A_CLUSTER) {
    if ((await machine.stat(path)) === undefined) continue
    throw new AgentError('bake/cluster', `found ${path}: a cluster runs on this system, or left its data`, {
      fix: `${uninstall(template)}; or move the data of a former cluster away`,
      kind: 'refused',
    })
  }
}

/** Throws if an installation on this machine has registered, or has keys and passwords with which it would. */
export async function refuseInstalled(view: HostView, { paths, root }: Template): Promise<void> {
  const { nodeIdentity, configFile, nodeKey, installerKey, installerCertificate, registryLoginsFile } = paths
  const files = [nodeIdentity, configFile, nodeKey, installerKey, installerCertificate, registryLoginsFile]
  for (const directory of await directoriesLike(CONFIGURATION, view, paths))
    for (const path of files.map((file) => `${directory}/${basename(file)}`)) {
      if ((await view.stat(path)) === undefined) continue
      const instance = basename(directory).slice('cantrip-'.length)
      throw new AgentError('bake/installed', `found ${path}: this system is of a node, or becomes one`, {
        fix: `${uninstall({ paths, root }, instance)}, and repeat the command`,
        kind: 'refused',
      })
    }
}

/** Throws if the machine was prepared: an uninstallation of its copies would remove what they are made of. */
export function refusePrepared({ entries }: Pick<Workspace['ledger'], 'entries'>, template: Template): void {
  if (!replay(entries()).outstanding.some(({ step }) => step.startsWith(PREPARE_STEPS))) return
  throw new AgentError('bake/prepared', 'this system was prepared with controller push --prepare-only', {
    fix: `${uninstall(template)}, and repeat the command`,
    kind: 'refused',
  })
}

/** With `root` it has to run on a machine with that system, because it stops services. */
function uninstall({ paths, root }: Template, instance = ''): string {
  const line = `sudo ${commandOf(paths)} uninstall${instance === '' ? '' : ` --instance ${instance}`}`
  return root === undefined
    ? line
    : `use the system of a machine that was no node; or start a machine with this one and run there: ${line}`
}

async function directoriesLike(name: RegExp, view: HostView, { configDirectory }: AgentPaths): Promise<string[]> {
  const parent = dirname(configDirectory)
  return ((await view.list(parent)) ?? []).filter((each) => name.test(each)).map((each) => `${parent}/${each}`)
}

/** What `seal` would change. */
export async function toSeal(view: HostView, paths: AgentPaths): Promise<Sealed[]> {
  const found: Sealed[] = []
  // Truncated and not removed: systemd then sets it at the next boot, also on a read-only file system.
  if (((await view.read(MACHINE_ID)) ?? '') !== '') found.push({ path: MACHINE_ID, text: '' })
  const own: typeof FILES = [
    ...(await directoriesLike(DAY_ZERO, view, paths)).map((path): (typeof FILES)[number] => [path, /./]),
    [paths.stateDirectory, /^(born\.json|before-.*\.snapshot)$/],
    [paths.logDirectory, /./],
  ]
  // A link to another file that is sealed stays.
  for (const [directory, name] of [...FILES, ...own])
    for (const each of (await view.list(directory)) ?? [])
      if (name.test(each) && (await view.stat(`${directory}/${each}`))?.kind === 'file')
        found.push({ path: `${directory}/${each}` })
  for (const [directory, keep] of DIRECTORIES)
    for (const each of (await view.list(directory)) ?? [])
      if (!keep.test(each)) found.push({ path: `${directory}/${each}` })
  const initiator = await view.read(INITIATOR)
  const isDebian = (await view.stat(DEBIAN_ISCSI)) !== undefined
  if (initiator !== undefined && initiator !== GENERATE)
    found.push({ path: INITIATOR, ...(isDebian && { text: GENERATE }) })
  return found
}

/** Removes what must not be copied. Nothing of it can be undone, and all of it is made again. Can be repeated. */
export async function seal(machine: Machine, all: readonly Sealed[]): Promise<void> {
  for (const { path, text } of all) {
    const found = await machine.stat(path)
    if (text !== undefined) await machine.writeFile(path, text, found?.mode ?? 0o444)
    else if (found?.kind === 'directory') await machine.removeTree(path, { all: true })
    else await machine.unlink(path)
  }
  await machine.execute(['sync'])
}

export const sealedText = (all: readonly Sealed[]): string =>
  all
    .map(({ path, text }) => `${text === undefined ? 'removed' : text === '' ? 'emptied' : 'reset  '} ${path}\n`)
    .join('')
