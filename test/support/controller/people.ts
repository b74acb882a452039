import type { Controller } from '../../../src/controller/start.ts'
import type { Grant } from '../../../src/protocol/api/access.ts'
import { ROLES } from '../../../src/protocol/api/people/permissions.ts'
import { adminOf, call } from './client.ts'

export interface Person {
  /** Column of the table. */
  name: string
  headers: Record<string, string>
  grants: readonly Grant[]
  /** What every request gets; null: it depends on the route. */
  always: string | null
  /** How much later its requests are sent. */
  aheadMs: number
}

const PASSWORD = 'correct horse battery'

/** Clients without a certificate: without anything, and with a token and a session of each role. */
export async function everyPerson(controller: Controller): Promise<Person[]> {
  const ask = async (method: string, path: string, body?: unknown) => {
    const { status, json, text, headers } = await call(controller.url, adminOf(controller), method, path, body)
    if (status !== 200) throw new Error(`${method} ${path}: ${text}`)
    return { json, cookie: headers['set-cookie']?.[0]?.split(';')[0] ?? '' }
  }
  const token = async (name: string, grants: Grant[]) => {
    const { json } = await ask('POST', '/v1/tokens', { name, grants })
    return { authorization: `Bearer ${json.secret}` }
  }
  const session = async (name: string, grants: Grant[]) => {
    await ask('POST', '/v1/accounts', { name, password: PASSWORD, grants })
    const { json, cookie } = await ask('POST', '/v1/sessions', { name, password: PASSWORD })
    return { cookie, 'x-csrf-token': json.csrf as string }
  }
  const usual = { always: null, aheadMs: 0 }
  const people: Person[] = [{ ...usual, name: 'nothing', headers: {}, grants: [], always: '401 identity/none' }]
  for (const role of ROLES) {
    const grants = [{ role, project: null }]
    people.push({ ...usual, name: `token, ${role}`, headers: await token(`by-${role}`, grants), grants })
    people.push({ ...usual, name: `session, ${role}`, headers: await session(`a-${role}`, grants), grants })
  }
  const elsewhere: Grant[] = [{ role: 'admin', project: 'elsewhere' }]
  people.push({
    ...usual,
    name: 'token, admin of another project',
    headers: await token('far', elsewhere),
    grants: elsewhere,
  })
  const everything: Grant[] = [{ role: 'admin', project: null }]
  const revoked = await token('revoked', everything)
  await ask('DELETE', '/v1/tokens/revoked')
  people.push({ ...usual, name: 'revoked token', headers: revoked, grants: [], always: '401 token/invalid' })
  const expired = { headers: await session('expired', everything), grants: [], aheadMs: 13 * 3_600_000 }
  return [...people, { name: 'expired session', ...expired, always: '401 session/ended' }]
}
