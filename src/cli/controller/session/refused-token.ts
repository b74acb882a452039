import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import type { ControllerAccess } from './controller-access.ts'

/** Status 401 to a request with a token: the controller knows only that the token is not valid, and not where it is from. */
export function explainRefusedToken(access: ControllerAccess): (error: unknown) => never {
  return (error) => {
    if (!('token' in access) || !(error instanceof AgentError) || error.facts.status !== 401) throw error
    throw access.from === 'login'
      ? endedLogin(access.url, 'it expired, or was revoked', error)
      : new AgentError('login/token-refused', `the controller at ${access.url} does not accept CANTRIP_TOKEN`, {
          fix: 'set CANTRIP_TOKEN to a token of this controller that is valid, or unset it',
          kind: 'refused',
          cause: error,
        })
  }
}

export function endedLogin(url: string, why: string, cause?: unknown): AgentError {
  const fix = command`controller login ${url}`
  return new AgentError('login/ended', `the login at ${url} has ended: ${why}`, { fix, kind: 'refused', cause })
}
