import { expect, test } from 'vitest'
import { AgentError } from '../../../base/agent-error.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import { errorAnswer } from './error-answer.ts'

const rendered = remedy`${{ do: 'cluster.reset', cluster: 'demo' }} first`
const inUse = new AgentError('cluster/in-use', 'node m1 is READY', { ...rendered, kind: 'refused' })

test.each([undefined, '*/*', 'application/json'])('accept %s: the body that released programs take', (accept) => {
  const body = { code: 'cluster/in-use', message: 'node m1 is READY', fix: 'controller cluster reset demo first' }
  expect(errorAnswer(inUse, accept, false)).toEqual({ status: 403, type: 'application/json', body })
})

test('problem details for clients that accept them, with the remedy as data', () => {
  expect(errorAnswer(inUse, 'application/problem+json, application/json;q=0.5', false)).toEqual({
    status: 403,
    type: 'application/problem+json',
    body: {
      ...{ title: 'Forbidden', status: 403, detail: 'node m1 is READY', code: 'cluster/in-use' },
      fix: 'controller cluster reset demo first',
      remedy: [{ do: 'cluster.reset', cluster: 'demo' }, ' first'],
    },
  })
})

test('the answer for a bug contains no details', () => {
  const { status, body } = errorAnswer(new TypeError('secret'), 'application/problem+json', true)
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
    const agents = errorAnswer(lost, accept, false)
    expect(agents).toMatchObject({ status: 503, body: { code: 'store/unreachable' } })
    expect(JSON.stringify(agents)).not.toMatch(/PostgreSQL|db\.example|sudo/)
    expect(JSON.stringify(errorAnswer(lost, accept, true))).toContain('db.example')
  },
)

test.each(['wrong-password', 'access-denied', 'tls', 'no-privilege', 'no-database', 'disk-error'])(
  'store/%s is temporary for clients',
  (name) => {
    const error = new AgentError(`store/${name}`, 'found', { fix: 'fix', kind: 'invalid' })
    expect(errorAnswer(error, undefined, true).status).toBe(503)
  },
)
