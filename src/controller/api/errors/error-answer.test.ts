import { expect, test } from 'vitest'
import { AgentError } from '../../../base/agent-error.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import { errorAnswer } from './error-answer.ts'

const rendered = remedy`${{ do: 'cluster.reset', cluster: 'demo' }} first`
const inUse = new AgentError('cluster/in-use', 'node m1 is READY', { ...rendered, kind: 'refused' })

test.each([undefined, '*/*', 'application/json'])(
  'accept %s: a machine gets the body that earlier builds take',
  (accept) => {
    const body = { code: 'cluster/in-use', message: 'node m1 is READY', fix: 'controller cluster reset demo first' }
    expect(errorAnswer(inUse, { kind: 'node', accept })).toEqual({ status: 409, type: 'application/json', body })
  },
)

test.each([
  { kind: 'node', accept: 'application/problem+json, application/json;q=0.5' },
  { kind: 'admin', accept: 'application/json' },
  {},
])('problem details for %j, with the remedy as data', (asker) => {
  expect(errorAnswer(inUse, asker)).toEqual({
    status: 409,
    type: 'application/problem+json',
    body: {
      ...{
        type: '/docs/errors#cluster/in-use',
        title: 'Conflict',
        status: 409,
        detail: 'node m1 is READY',
        code: 'cluster/in-use',
      },
      fix: 'controller cluster reset demo first',
      remedy: [{ do: 'cluster.reset', cluster: 'demo' }, ' first'],
    },
  })
})

test('the answer for a bug contains no details', () => {
  const { status, body } = errorAnswer(new TypeError('secret'), { kind: 'admin' })
  expect(status).toBe(500)
  expect(body).toMatchObject({ code: 'bug', detail: 'internal error of the controller' })
  expect(JSON.stringify(body)).not.toContain('secret')
})

const lost = new AgentError('store/unreachable', 'PostgreSQL, db.example, does not answer', {
  fix: 'sudo -u postgres pg_isready --host db.example',
  kind: 'unreachable',
})

test.each([undefined, 'application/problem+json'])(
  'accept %s: only an administrator reads about the database',
  (accept) => {
    const agents = errorAnswer(lost, { kind: 'node', accept })
    expect(agents).toMatchObject({ status: 503, body: { code: 'store/unreachable' } })
    expect(JSON.stringify(agents)).not.toMatch(/PostgreSQL|db\.example|sudo/)
    expect(JSON.stringify(errorAnswer(lost, { kind: 'admin', accept }))).toContain('db.example')
  },
)

test.each(['wrong-password', 'access-denied', 'tls', 'no-privilege', 'no-database', 'disk-error'])(
  'store/%s is temporary for clients',
  (name) => {
    const error = new AgentError(`store/${name}`, 'found', { fix: 'fix', kind: 'invalid' })
    expect(errorAnswer(error, { kind: 'admin' }).status).toBe(503)
  },
)
