import { AgentError } from '../../base/agent-error.ts'
import { readStatus, type ServiceStatus } from '../status.ts'

export interface AwaitOptions {
  statusFile: string
  sleep(ms: number, signal: AbortSignal): Promise<void>
  monotonicMs(): number
  timeoutMs: number
  signal: AbortSignal
  /** Throws if the service has failed permanently. */
  stillRuns(): Promise<void>
}

const WATCH_EVERY_MS = 1_000

type Registered = ServiceStatus & { nodeId: string; fingerprint: string; state: NonNullable<ServiceStatus['state']> }

const REFUSALS = /^(enrol|identity|node|cluster)\/|^controller\/(bad-answer|failed|refused)$/

/** Waits until the service reports that the controller has registered this node. */
export async function awaitRegistration(options: AwaitOptions): Promise<Registered> {
  const { statusFile, sleep, monotonicMs, timeoutMs, signal, stillRuns } = options
  let watchAtMs = monotonicMs()
  const until = monotonicMs() + timeoutMs
  for (;;) {
    const status = readStatus(statusFile)
    const problem = status?.problem
    if (problem && REFUSALS.test(problem.code)) {
      throw new AgentError(problem.code, problem.message, { fix: problem.fix, kind: 'refused' })
    }
    if (status && isRegistered(status)) return status
    if (monotonicMs() >= until) throw notRegistered(status, timeoutMs)
    if (monotonicMs() >= watchAtMs) {
      await stillRuns()
      watchAtMs = monotonicMs() + WATCH_EVERY_MS
    }
    await sleep(100, signal)
  }
}

function isRegistered(status: ServiceStatus): status is Registered {
  return status.nodeId !== null && status.fingerprint !== null && status.state !== null
}

function notRegistered(status: ServiceStatus | undefined, timeoutMs: number): AgentError {
  const why = status?.problem ? `: ${status.problem.message}` : ''
  return new AgentError(
    'agent/not-registered',
    `the controller did not register this node within ${timeoutMs / 1000} s${why}`,
    {
      fix: status?.problem?.fix ?? 'read the log of the service, which keeps retrying: agent logs',
      kind: 'unreachable',
    },
  )
}
