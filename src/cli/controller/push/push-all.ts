import { AgentError, type ErrorReport, reportOf } from '../../../base/agent-error.ts'
import { limit } from '../../../base/tasks/limit.ts'
import type { InventoryHost } from '../inventory/host.ts'
import type { Action, HostResult } from './host-result.ts'
import { type HostOptions, type Pushed, type PushPorts, pushHost } from './push-host.ts'

export interface PushOptions {
  atOnce: number
  /** Of each host, from its start on. */
  timeoutMs: number
  signal: AbortSignal
  /** Milliseconds of a clock that only goes forward. */
  nowMs(): number
  onStage(host: InventoryHost, stage: string): void
  onResult(result: HostResult): void
}

/** Pushes to all hosts, some at once; none waits for one that fails or hangs. The results are in the order of the hosts. */
export async function pushAll(
  ports: PushPorts,
  hosts: readonly InventoryHost[],
  options: PushOptions,
  work: (ports: PushPorts, host: InventoryHost, options: HostOptions) => Promise<Pushed> = pushHost,
): Promise<HostResult[]> {
  const slots = limit(options.atOnce)
  const owners = new Map<string, InventoryHost>()
  return Promise.all(
    hosts.map((host) =>
      slots(async () => {
        const result = await pushOne(ports, host, { ...options, owners }, work)
        options.onResult(result)
        return result
      }),
    ),
  )
}

async function pushOne(
  ports: PushPorts,
  host: InventoryHost,
  { timeoutMs, signal, nowMs, onStage, owners }: PushOptions & { owners: Map<string, InventoryHost> },
  work: (ports: PushPorts, host: InventoryHost, options: HostOptions) => Promise<Pushed>,
): Promise<HostResult> {
  const beganMs = nowMs()
  let stage = ''
  const done: Pick<Pushed, 'actions' | 'node'> = { actions: [], node: null }
  const late = AbortSignal.timeout(timeoutMs)
  const options = {
    signal: AbortSignal.any([signal, late]),
    timeoutMs,
    onStage(now: string) {
      stage = now
      onStage(host, now)
    },
    onDone(action: Action | undefined, node: HostResult['node']) {
      if (action) done.actions.push(action)
      done.node = node
    },
    onNode(id: string) {
      const owner = owners.get(id)
      if (owner !== undefined && owner !== host) throw sameNode(id, owner)
      owners.set(id, host)
    },
  }
  const { name, address, roles } = host
  const end = (came: Pushed & { error: ErrorReport | null }): HostResult => {
    const seconds = Math.round((nowMs() - beganMs) / 100) / 10
    return { name, address, roles, ...came, seconds }
  }
  try {
    signal.throwIfAborted()
    return end({ ...(await work(ports, host, options)), error: null })
  } catch (error) {
    const why = signal.aborted ? signal.reason : late.aborted ? timeout(stage, timeoutMs) : error
    // A bug ends the command, with its stack.
    if (!(why instanceof AgentError)) throw why
    return end({ outcome: 'failed', ...done, error: reportOf(why) })
  }
}

function sameNode(id: string, { name }: InventoryHost): AgentError {
  return new AgentError('push/same-node', `it says that it is node ${id}, which ${name} said before`, {
    fix: 'remove one of the two from the inventory if they are one machine; otherwise find out which of them copied the other',
    kind: 'refused',
  })
}

function timeout(stage: string, timeoutMs: number): AgentError {
  return new AgentError('push/timeout', `it was not done within ${timeoutMs / 1_000} s: ${stage}`, {
    fix: 'check what the machine is doing, and run the same command again, or with a longer --timeout',
    kind: 'unreachable',
  })
}
