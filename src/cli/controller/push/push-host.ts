import { AgentError } from '../../../base/agent-error.ts'
import type { BundleView } from '../../../protocol/api/bundles.ts'
import type { NodeDetail } from '../../../protocol/api/nodes.ts'
import { joinScript } from '../clusters/join/join-script.ts'
import type { newJoin } from '../clusters/join/new-join.ts'
import type { InventoryHost } from '../inventory/host.ts'
import type { AdminClient } from '../session/client.ts'
import { admissionsFor, admit, nodeOf, type OwnName, otherCluster } from './admit-node.ts'
import { precheckFailure } from './host-output.ts'
import type { Action, HostResult } from './host-result.ts'
import { hostScript, LOOK, type RootAccess } from './host-script.ts'
import type { RunOnHost } from './ssh/run.ts'

export type PushMode = 'join' | 'prepare' | 'dry-run'

export interface PushPorts {
  client: AdminClient
  /** The name of the cluster. */
  cluster: string
  mode: PushMode
  run: RunOnHost
  root: RootAccess
  /** For the connection from the hosts to the controller. */
  proxy: string | undefined
  /** Whether a proxy ends TLS itself; without `proxy`, a transparent one. */
  tlsTerminatingProxy?: boolean | undefined
  /** With mode `prepare`: those of the version of the cluster, the one that nodes get for each architecture first. */
  bundles: readonly BundleView[]
  /** The same for all hosts; made when the first one needs it. */
  join(): ReturnType<typeof newJoin>
}

export interface HostOptions {
  signal: AbortSignal
  timeoutMs: number
  onStage(stage: string): void
  /** Gets what has been done, and the node as it is then, so that a host that fails later has them in its result. */
  onDone(action: Action | undefined, node: HostResult['node']): void
  /** Gets the id that the host names, before anything is done with it. Throws if another host of this run has it. */
  onNode(nodeId: string): void
}

export type Pushed = Pick<HostResult, 'outcome' | 'actions' | 'node'>

/** To sign in and to look takes seconds; a host that hangs at it is found before its whole time is over. */
const LOOK_MS = 60_000
const LATE_LOOK =
  'sign in by hand and become root: what hangs there (the profile of the shell, sudo, a name service) must be mended; --timeout does not help'

/** Does what is left to do on a host. Throws AgentError. */
export async function pushHost(ports: PushPorts, host: InventoryHost, options: HostOptions): Promise<Pushed> {
  const { client, cluster, mode } = ports
  const { signal, onStage, onNode, onDone } = options
  onStage('connecting')
  const { own, prepared } = await look(ports, host, options)
  const check = async (name: OwnName) => {
    onNode(name.nodeId)
    const checked = await nodeOf(client, cluster, name, signal)
    onDone(undefined, nodeIn(checked))
    return checked
  }
  const node = own && (await check(own))
  if (mode === 'prepare') {
    const isDone = node !== undefined || ports.bundles.some(({ manifestSha256 }) => manifestSha256 === prepared)
    if (!isDone) await prepare(ports, host, options)
    return { outcome: isDone ? 'unchanged' : 'prepared', actions: isDone ? [] : ['prepare'], node: nodeIn(node) }
  }
  if (mode === 'dry-run') {
    const left = node ? admissionsFor(node, host) : everyAction(host)
    return { outcome: left.length > 0 ? 'planned' : 'unchanged', actions: left, node: nodeIn(node) }
  }
  const actions: Action[] = node ? [] : ['install']
  const known = node ?? (await check(await install(ports, host, options)))
  const after = await admit(client, known, host, {
    signal,
    onEach: (action) => onStage(STAGES[action]),
    onDone(action, now) {
      actions.push(action)
      onDone(action, nodeIn(now))
    },
  })
  const outcome = node ? (actions.length > 0 ? 'changed' : 'unchanged') : 'joined'
  return { outcome, actions, node: nodeIn(after) }
}

/** The node that the host is, as it says itself, undefined if it is none yet; and the bundle with which it was prepared. */
async function look(
  { run, root, cluster }: PushPorts,
  host: InventoryHost,
  { signal, timeoutMs }: HostOptions,
): Promise<{ own: OwnName | undefined; prepared: string | undefined }> {
  const lookMs = Math.min(LOOK_MS, timeoutMs)
  const ifLate = timeoutMs > LOOK_MS ? LATE_LOOK : undefined
  const { status } = await run(host, hostScript(LOOK, root), { signal, timeoutMs: lookMs, ifLate })
  if (status === undefined) throw nothingRan()
  const found = status.status
  if (found.cluster && found.cluster !== cluster) throw otherCluster(found.cluster, cluster)
  const own = found.nodeId && found.fingerprint ? { nodeId: found.nodeId, fingerprint: found.fingerprint } : undefined
  return { own, prepared: status.prepared }
}

const STAGES = { approve: 'approving', label: 'labelling', configure: 'configuring' }

const everyAction = ({ roles, labels }: InventoryHost): Action[] => [
  'install',
  'approve',
  ...(Object.keys(labels).length > 0 ? (['label'] as const) : []),
  ...(roles.length > 0 ? (['configure'] as const) : []),
]

const nodeIn = (node: NodeDetail | undefined): HostResult['node'] =>
  node ? { id: node.id, name: node.name, state: node.state } : null

async function install(ports: PushPorts, host: InventoryHost, options: HostOptions): Promise<OwnName> {
  const labels = Object.entries(host.labels).flatMap(([key, value]) => ['--label', `${key}=${value}`])
  const { registered } = await runAgent(ports, host, options, 'install', labels)
  options.onDone('install', null)
  if (registered) return registered
  throw new AgentError('push/no-key', 'the agent was installed, but did not print its id and key', {
    fix: 'run the same command again; on the machine: sudo cantrip-agent status',
  })
}

async function prepare(ports: PushPorts, host: InventoryHost, options: HostOptions): Promise<void> {
  const isFirst = ({ arch }: BundleView, index: number) =>
    ports.bundles.findIndex((each) => each.arch === arch) === index
  const offered = ports.bundles
    .filter(isFirst)
    .flatMap(({ arch, name, manifestSha256, publicKey }) => [
      '--bundle-ref',
      [arch, name, manifestSha256, publicKey].join(':'),
    ])
  const { prepared } = await runAgent(ports, host, options, 'prepare', offered)
  // A script that never began ends with 0 too.
  if (prepared === undefined) throw nothingRan()
  options.onDone('prepare', null)
}

function nothingRan(): AgentError {
  return new AgentError('push/nothing-ran', 'the machine did not run the script that it got, and reported no error', {
    fix: 'check that /tmp and /var/tmp of the machine have free space, which some shells need for a script: df -h; then run the same command again',
  })
}

/** Fetches the agent on the host, and runs it there. */
async function runAgent(
  ports: PushPorts,
  host: InventoryHost,
  { signal, timeoutMs, onStage }: HostOptions,
  task: 'install' | 'prepare',
  flags: readonly string[] = [],
) {
  onStage('downloading the agent')
  const roles = host.roles.flatMap((role) => ['--role', role])
  const more = ['-o', 'json', ...roles, ...flags]
  const { proxy, tlsTerminatingProxy } = ports
  const work = joinScript({ ...(await ports.join()), proxy, tlsTerminatingProxy, task, more })
  let unfit: AgentError | undefined
  return ports
    .run(host, hostScript(work, ports.root), {
      ...{ signal, timeoutMs },
      onLine(line) {
        if (line.kind === 'step-started') onStage(line.title)
        if (line.kind === 'prechecks') unfit = precheckFailure(line)
      },
    })
    .catch((error: unknown) => {
      // Its own error names only the checks.
      throw unfit ?? error
    })
}
