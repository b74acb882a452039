import { AgentError } from '../../base/agent-error.ts'
import { type Clock, poll, type RetryPolicy } from '../../base/retry.ts'
import { readStatus, type ServiceStatus } from '../status.ts'

export interface AwaitOptions {
  statusFile: string
  clock: Clock
  timeoutMs: number
  signal: AbortSignal
  /** Throws if the service has failed permanently. */
  stillRuns(): Promise<void>
}

const LOOK: RetryPolicy = { firstMs: 100 }
/** Every tenth look, which is once a second, checks that the service still runs. */
const WATCH_EVERY = 10

type Registered = ServiceStatus & { nodeId: string; fingerprint: string; state: NonNullable<ServiceStatus['state']> }

const REFUSALS = /^(enrol|identity|node|cluster)\/|^controller\/(bad-answer|failed|refused)$/

/** Waits until the service reports that the controller has registered this node. */
export async function awaitRegistration(options: AwaitOptions): Promise<Registered> {
  const { statusFile, clock, timeoutMs, signal, stillRuns } = options
  let status: ServiceStatus | undefined
  const look = async (number: number) => {
    status = readStatus(statusFile)
    const problem = status?.problem
    if (problem && REFUSALS.test(problem.code)) {
      throw new AgentError(problem.code, problem.message, { fix: problem.fix, kind: 'refused' })
    }
    if (status && isRegistered(status)) return status
    if (number % WATCH_EVERY === 1) await stillRuns()
    return undefined
  }
  const registered = await poll({ ...LOOK, withinMs: timeoutMs }, look, { clock, signal })
  if (!registered) throw notRegistered(status, timeoutMs)
  return registered
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
