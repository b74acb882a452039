/** Generates the reference of files on nodes and on the controller, from the paths and from plans of the workflows. */
import { type AgentPaths, pathsOf } from '../../src/agent/paths.ts'
import { reserveOf } from '../../src/agent/service/reserve.ts'
import { CONTAINERD } from '../../src/base/kubernetes-paths.ts'
import { planWorkflow } from '../../src/engine/plan-workflow.ts'
import type { Workflow } from '../../src/engine/step.ts'
import type { Change, ChangeKind } from '../../src/host/change.ts'
import { planningHost } from '../../src/host/planning.ts'
import type { UndoKind } from '../../src/host/undo.ts'
import type { ProvisionParams } from '../../src/provision/params.ts'
import { firstMaster } from '../../src/roles/first-master.ts'
import { worker } from '../../src/roles/worker.ts'
import { fakeKubernetes } from '../../test/support/fake-kubernetes.ts'
import { code, page, table } from './markdown.ts'

type Row = [path: string, mode: string, content: string]

const paths = pathsOf()

/** Files of the agent itself. */
const OF_AGENT: Record<
  Exclude<
    keyof AgentPaths,
    'name' | 'instance' | 'layout' | 'unit' | 'guardTimer' | 'firstBootUnit' | 'firstBootPath' | 'hostKeysUnit'
  >,
  [mode: string, content: string]
> = {
  executable: ['0755', 'the agent'],
  newExecutable: ['0755', 'the next version, while an update of the agent is downloaded and checked'],
  formerExecutable: ['0755', 'the version before, until the controller has welcomed the new one'],
  unitFile: ['0644', 'its systemd unit'],
  guardUnitFile: ['0644', 'brings the former version back; only until the controller has welcomed the new one'],
  guardTimerFile: ['0644', 'starts it'],
  configDirectory: ['0700', ''],
  configFile: ['0600', 'node name, cluster, addresses of the controller'],
  registryLoginsFile: ['0600', 'users and passwords of registries, from --registry-login'],
  caFile: ['0600', "the controller's CA"],
  nodeKey: ['0600', "the node's key, until the node is enrolled"],
  nodeCsr: ['0600', 'its certificate request, until the node is enrolled'],
  installerCertificate: ['0600', 'certificate for enrolment; the service removes it after enrolment'],
  installerKey: ['0600', 'its key; the service removes it after enrolment'],
  nodeIdentity: ['0600', "the node's key and certificate, renewed by the service"],
  stateDirectory: ['0700', '`before-install.snapshot`, `before-kubernetes.snapshot`, `backups/` of overwritten files'],
  ledgerDirectory: ['0700', 'each change with its undo'],
  bundleDirectory: ['0755', 'files of the bundle; those that can be downloaded again are removed after use'],
  instructionFile: ['0600', 'the open instruction'],
  provisionedFile: ['0600', 'the last instruction that was carried out: it says which images the agent keeps'],
  updateFile: ['0600', 'the last update of the agent, as far as it got'],
  bornFile: ['0600', 'machine-id and product UUID of the machine on which the node was registered'],
  dayZeroDirectory: [
    '0700',
    'credentials of a machine that was made from an image, until it has registered; by `agent bake`',
  ],
  firstBootUnitFile: ['0644', 'registers such a machine; by `agent bake`'],
  firstBootPathFile: ['0644', 'starts it when there are credentials; by `agent bake`'],
  hostKeysUnitFile: ['0644', 'creates SSH host keys that are missing; by `agent bake`'],
  outboxFile: ['0600', 'events that the controller has not acknowledged'],
  trustFile: ['0600', 'certificate authorities and instruction keys that the node trusts since a rotation'],
  controllersFile: ['0600', 'URLs of controllers, besides those in `agent.json`'],
  imagesFile: ['0600', 'images that people added to the cluster: the list as the controller signed it'],
  addedImagesFile: ['0600', 'which of them are here'],
  linkFile: ['0600', 'state of the connection to the controller'],
  logDirectory: ['0700', ''],
  logFile: ['0600', 'the log, and three rotated files `agent.log.1` to `.3`'],
  runtimeDirectory: ['0755', ''],
  statusFile: ['0644', 'what `agent status` prints'],
}

/** Files in the controller's data directory. test/integration/data-directory.test.ts compares them with a real one. */
export const OF_CONTROLLER: readonly Row[] = [
  ['.', '0700', 'the data directory'],
  [
    'controller.db',
    '0600',
    'database (SQLite), unless `--database` names another; with `-wal` and `-shm` while the controller runs',
  ],
  ['pki', '0700', 'certificate authority and the key that signs instructions; during a rotation also the next ones'],
  ['admin.json', '0600', "the administrator's client certificate and key"],
  ['audit-head.json', '0600', 'the last entry of the audit log, signed; in no backup'],
  ['audit-syslog.json', '0600', 'the last entry that the syslog server has (`--audit-syslog`); in no backup'],
  ['agents', '0700', 'imported releases of the agent, and executables for join commands'],
  ['bundles', '0700', "imported bundles, each with its builder's public key, and archives of images that people added"],
]

export async function filesPage(): Promise<string> {
  const [onMaster, onWorker] = await Promise.all([changesOf(firstMaster), changesOf(worker)])
  const known = new Set(onMaster.map(({ what }) => what))
  const ofRoles = [...onMaster, ...onWorker.filter(({ what }) => !known.has(what))]
  return page(
    'Files',
    `All files belong to root. Every change to a node is recorded in the ledger before it is made:
\`agent reset\` removes what provisioning added, and \`agent uninstall\` removes that and the agent. With \`--instance NAME\`, the names below
contain \`cantrip-NAME\` instead of \`cantrip\`.`,
    '## The agent',
    'Removed by `agent uninstall`; on a machine that was made from an image with the agent, what belongs to the image stays.',
    table(['Path', 'Mode', 'Content'], agentRows()),
    '## What provisioning adds to a node',
    `Removed by \`agent reset\` and \`agent uninstall\`, and by \`controller node remove\` and \`controller cluster reset\`. The list is a plan for
the first of three masters and for a worker; with other settings some rows are absent. The mode is the one with which the agent
creates the path; if it is empty, Kubernetes or containerd creates the path. Files that existed before are restored. A directory that
existed before, such as \`/opt\` or \`/lib/modules\` on most machines, is not recorded and stays; so does one with files of other programs.`,
    table(['Path', 'Mode', 'Created by', 'Undo'], pathRows(ofRoles)),
    '## Other changes to a node',
    table(['Kind', 'Name', 'Made by', 'Undo'], otherRows(ofRoles)),
    '## The controller',
    'In its data directory (`--data`, default `/var/lib/cantrip-controller`). No command removes it: delete it when it has no nodes any more.',
    table(
      ['Path', 'Mode', 'Content'],
      OF_CONTROLLER.map(([path, mode, content]) => [code(path), mode, content]),
    ),
    `The administrator's machine: \`controller cluster create\` writes \`NAME.pem\` and \`NAME-passphrase.txt\` (0600) to \`--credentials\`, and
\`controller bundle build\` writes \`~/.config/cantrip/bundle-key.pem\` (0600) and its public key, and caches build results in \`~/.cache/cantrip\`.`,
  )
}

function agentRows(): string[][] {
  const rows = Object.entries(OF_AGENT).map(([name, [mode, content]]) => [
    code(paths[name as keyof typeof OF_AGENT]),
    mode,
    content,
  ])
  return [
    ...rows,
    [code(reserveOf(paths)), '0600', 'reserved disk space, for the message that the disk is full'],
    [code(CONTAINERD.baked), '0700', "images that are part of this machine's image; by `agent bake` with a bundle"],
  ]
}

interface MadeChange extends Change {
  mode: number | undefined
  step: string
}

/** The changes that a run of the workflow would make on a bare machine. */
async function changesOf(workflow: Workflow<ProvisionParams>): Promise<MadeChange[]> {
  const masters = ['10.0.0.5', '10.0.0.6', '10.0.0.7'].map((address, at) => ({ name: `n${at + 1}`, address }))
  const { host, params } = fakeKubernetes({ endpoint: 'api.demo.cantrip.internal:6443', masters })
  host.files.seed('/usr/local/bin/cantrip-agent', 'the agent')
  host.files.seed('/etc/resolv.conf', 'nameserver 192.0.2.53\n')
  host.network.onRequest('https://', () => ({ status: 503 }))
  params.task = workflow.id === 'worker' ? 'worker' : 'first-master'
  const planning = planningHost(host.machine, `${paths.stateDirectory}/backups`)
  const steps = await planWorkflow(workflow, params, planning, new AbortController().signal)
  const made = steps.flatMap(({ title, changes }) => changes.map((change) => ({ ...change, step: title })))
  return Promise.all(
    made.map(async (change) => {
      const stat = change.what.startsWith('/') ? await planning.host.stat(change.what) : undefined
      return { ...change, mode: stat?.kind === 'symlink' ? undefined : stat?.mode }
    }),
  )
}

const PATHS: readonly ChangeKind[] = ['file', 'directory', 'link']

function pathRows(changes: readonly MadeChange[]): string[][] {
  const made = changes.filter(({ kind, what }) => PATHS.includes(kind) && !what.startsWith('/bundle'))
  const byPath = Map.groupBy(made, ({ what }) => what)
  const rows = [...byPath].map(([path, all]) => {
    const [first] = all
    const undo = [...new Set(all.map(undoOf))]
    return [path, first?.mode?.toString(8).padStart(4, '0') ?? '', first?.step ?? '', undo.join('; ')]
  })
  return rows.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)).map(([path = '', ...rest]) => [code(path), ...rest])
}

/** A directory is removed only if it is empty. */
function undoOf({ kind, undo }: Change): string {
  return kind === 'directory' && undo.kind === 'remove-path' ? 'removed if empty' : UNDO[undo.kind]
}

function otherRows(changes: readonly MadeChange[]): string[][] {
  const isOther = ({ kind, what, undo }: MadeChange) =>
    !PATHS.includes(kind) && undo.kind !== 'daemon-reload' && undo.kind !== 'nothing' && !what.startsWith('/usr/local')
  const rows = changes.filter(isOther).map(({ kind, what, step, undo }) => [kind, code(what), step, UNDO[undo.kind]])
  return [...new Map(rows.map((row) => [`${row[0]} ${row[1]}`, row])).values()].sort((a, b) =>
    `${a[0]} ${a[1]}` < `${b[0]} ${b[1]}` ? -1 : 1,
  )
}

const UNDO: Record<UndoKind, string> = {
  'remove-path': 'removed',
  'remove-tree': 'removed with its content',
  'empty-directory': 'emptied',
  'restore-file': 'restored',
  'restore-link': 'restored',
  'remove-line': 'line removed',
  'restore-mode': 'mode restored',
  unit: 'stopped and disabled, as before',
  'daemon-reload': 'systemd reloaded',
  sysctl: 'value restored',
  module: 'unloaded',
  hostname: 'restored',
  'container-processes': 'killed',
  'unmount-below': 'unmounted',
  'remove-links': 'removed',
  'remove-network-namespaces': 'removed',
  'remove-chains': 'removed',
  'remove-nft-tables': 'removed',
  'remove-cgroups': 'removed',
  firewalld: 'closed again',
  swap: 'turned on again',
  'file-system': 'kept, unless the volumes are to be erased',
  run: 'another command undoes it',
  nothing: 'nothing to undo',
}
