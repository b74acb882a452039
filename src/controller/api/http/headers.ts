import type { IncomingHttpHeaders } from 'node:http'
import { AgentError } from '../../../base/agent-error.ts'
import { HEADER_PATTERNS, type HeaderName, headersOf, type Route } from '../../../protocol/api/route.ts'

/** The headers that the route has. Throws `request/invalid` for an invalid one, and for an Idempotency-Key that would have no effect. */
export function headersIn(route: Route, headers: IncomingHttpHeaders): Partial<Record<HeaderName, string>> {
  const names = headersOf(route)
  const found = names.flatMap((name) => {
    const value = headers[name.toLowerCase()]
    return value === undefined ? [] : [[name, String(value)] as const]
  })
  const wrong = found.find(([name, value]) => !HEADER_PATTERNS[name].test(value))
  const isUseless = headers['idempotency-key'] !== undefined && !names.includes('Idempotency-Key')
  if (wrong || isUseless) {
    const why = wrong ? `${wrong[0]}: is not valid` : 'this request takes no Idempotency-Key'
    throw new AgentError('request/invalid', why, { fix: 'see the description of the route', kind: 'invalid' })
  }
  return Object.fromEntries(found)
}
