import { AgentError } from '../../base/agent-error.ts'
import { NetworkError } from '../../host/network.ts'

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
  return new AgentError('controller/unreachable', `the controller at ${url} cannot be reached: ${cause.message}`, {
    fix: fixes[cause.stage] ?? 'check the log of the controller, and retry',
    kind: 'unreachable',
    cause,
  })
}
