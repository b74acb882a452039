import { AgentError } from '../../base/agent-error.ts'
import { NetworkError } from '../../host/network.ts'

/** A failure of the network on the way to the controller, for people; any other error is thrown on. */
export function unreachable(url: string, cause: unknown): AgentError {
  if (!(cause instanceof NetworkError)) throw cause
  const fixes: Record<string, string> = {
    resolve: 'mend the name resolution of this machine, or give the controller a --public-url with an address',
    tcp: 'start the controller (controller serve), and let this machine reach it',
    proxy: 'correct --proxy, or omit it',
    tls: 'compare the clocks of this machine and of the controller (timedatectl on both; timedatectl set-ntp true sets one); where they agree, use the credentials that this very controller made',
  }
  return new AgentError('controller/unreachable', `the controller at ${url} cannot be reached: ${cause.message}`, {
    fix: fixes[cause.stage] ?? 'look at the log of the controller, and try again',
    kind: 'unreachable',
    cause,
  })
}
