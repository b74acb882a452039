import { AgentError } from '../../base/agent-error.ts'
import type { Listen } from '../api/addresses.ts'

/** The error of a server that could not begin to listen; `flag`: the one that gave the address. */
export function cannotListen(
  { host, port }: Listen,
  flag: '--listen' | '--metrics-listen',
  cause: unknown,
): AgentError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
  return new AgentError('serve/cannot-listen', `cannot listen on ${host}:${port}: ${code}`, {
    fix:
      code === 'EADDRINUSE'
        ? `stop the program that uses the port, or pass another ${flag} HOST:PORT`
        : `pass another ${flag} HOST:PORT`,
    kind: 'invalid',
    cause,
  })
}
