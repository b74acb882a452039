import { AgentError } from '../../base/agent-error.ts'
import { NetworkError } from '../../host/network.ts'

/** The controller may have rotated its keys while this machine was off. */
const ANOTHER_CA =
  'if it is the right controller, create new credentials there (controller creds renew CLUSTER), copy both files, and run the installation again with them: the node keeps its identity'

/** An AgentError for a NetworkError on the way to the controller. Rethrows any other error. */
export function unreachable(url: string, cause: unknown): AgentError {
  if (!(cause instanceof NetworkError)) throw cause
  const fixes: Record<string, string> = {
    resolve:
      'fix the name resolution of this machine, or start the controller with a --public-url that has an IP address',
    tcp: 'start the controller (controller serve), and check that this machine can reach it',
    proxy: 'correct --proxy, or omit it',
    tls: 'compare the clocks of this machine and of the controller (timedatectl on both; timedatectl set-ntp true sets one); if they agree, use credentials that this controller created',
  }
  const isOfAnotherCa = cause.stage === 'tls' && /another CA/.test(cause.message)
  return new AgentError('controller/unreachable', `the controller at ${url} cannot be reached: ${cause.message}`, {
    fix: isOfAnotherCa ? ANOTHER_CA : (fixes[cause.stage] ?? 'check the log of the controller, and retry'),
    kind: 'unreachable',
    cause,
  })
}
