import { AgentError } from '../../../base/agent-error.ts'

/** The origin of a controller's URL. `https://` may be omitted. */
export function originOf(text: string): string {
  const full = text.includes('://') ? text : `https://${text}`
  const url = URL.canParse(full) ? new URL(full) : undefined
  if (url?.protocol === 'https:' && url.pathname === '/' && url.search === '' && url.username === '') return url.origin
  throw new AgentError('login/bad-url', `found the URL ${text}; wanted https://HOST:PORT, without a path`, {
    fix: 'pass the URL of the controller, such as https://controller.example:8443',
    kind: 'invalid',
  })
}
