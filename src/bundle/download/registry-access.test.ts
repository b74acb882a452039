import { expect, test } from 'vitest'
import { Secret } from '../../base/text/secret.ts'
import { type Answer, type Http, NotFetched } from './http.ts'
import { withAccess } from './registry-access.ts'

const clock = { now: () => new Date(0), sleep: () => Promise.resolve() }
const REPOSITORY = 'https://registry.example/v2/tool'

/** A registry that wants a token, which is valid for some requests. */
function registry(challenge: string, validFor = Number.POSITIVE_INFINITY) {
  const asked: string[] = []
  let uses = validFor
  const answer = (status: number, text = '', headers = {}): Answer => ({
    ...{ url: REPOSITORY, status, headers, drop: () => Promise.resolve() },
    body: (async function* () {
      yield Buffer.from(text)
    })(),
  })
  const http: Http = {
    async get(url, headers = {}) {
      asked.push(url)
      if (url.includes('/token')) {
        uses = validFor
        return answer(200, '{"token":"one"}')
      }
      if (headers.authorization === 'Bearer one' && uses-- > 0) return answer(200)
      return answer(401, '', { 'www-authenticate': challenge })
    },
  }
  return { asked, access: withAccess({ http, clock }) }
}

const BEARER = 'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:tool:pull"'

test('a token is fetched once, and again when it has expired', async () => {
  const { asked, access } = registry(BEARER, 2)
  for (let at = 0; at < 3; at++) expect((await access.get(`${REPOSITORY}/blobs/${at}`)).status).toBe(200)
  const token = 'https://auth.example/token?service=registry.example&scope=repository%3Atool%3Apull'
  expect(asked).toEqual([
    ...[`${REPOSITORY}/blobs/0`, token, `${REPOSITORY}/blobs/0`],
    `${REPOSITORY}/blobs/1`,
    ...[`${REPOSITORY}/blobs/2`, token, `${REPOSITORY}/blobs/2`],
  ])
})

test.each([
  ['Basic realm="x"', 'it wants a user name and a password'],
  ['Bearer realm="http://auth.example/token"', 'which is not encrypted'],
  ['Bearer service="x"', 'it wants a user name and a password: --registry-login registry.example=FILE'],
  ['', 'it wants a user name and a password'],
])('%s: %s', async (challenge, message) => {
  const { access } = registry(challenge)
  const failed = await access.get(`${REPOSITORY}/manifests/v1`).catch((error) => error)
  expect(failed).toBeInstanceOf(NotFetched)
  expect(failed.message).toContain(message)
})

test('a long challenge is read within a moment', async () => {
  const { access } = registry(`Bearer ${'a'.repeat(60_000)}`)
  const begunMs = performance.now()
  await expect(access.get(`${REPOSITORY}/manifests/v1`)).rejects.toBeInstanceOf(NotFetched)
  expect(performance.now() - begunMs).toBeLessThan(2_000)
})

interface Request {
  url: string
  authorization: string | undefined
}

/** Answers by what these functions say about a request; what they leave is a 404. */
function server(answers: (request: Request) => Partial<Answer> & { text?: string }) {
  const requests: Request[] = []
  const http: Http = {
    async get(url, headers = {}) {
      const request = { url, authorization: headers.authorization }
      requests.push(request)
      const { text = '', ...answer } = answers(request)
      const body = (async function* () {
        yield Buffer.from(text)
      })()
      return { url, status: 404, headers: {}, drop: () => Promise.resolve(), body, ...answer }
    },
  }
  return { requests, http }
}

const LOGIN = { 'registry.example': new Secret('user:word') }
const BASIC = `Basic ${Buffer.from('user:word').toString('base64')}`
const asks = (challenge: string | string[]) => ({ status: 401, headers: { 'www-authenticate': challenge } })

test.each([['Basic realm="x"'], [['Negotiate', 'basic']], ['Digest realm="x", Basic realm="y"']])(
  'a login is sent to its host that asks for it with %j, and from then on',
  async (challenge) => {
    const { requests, http } = server(({ authorization }) =>
      authorization === BASIC ? { status: 200 } : asks(challenge),
    )
    const access = withAccess({ http, clock, logins: LOGIN })
    for (const name of ['a', 'b']) expect((await access.get(`${REPOSITORY}/${name}`)).status).toBe(200)
    expect(requests.map(({ authorization }) => authorization)).toEqual([undefined, BASIC, BASIC])
  },
)

test.each([
  ['another host', 'https://other.example/v2/tool'],
  ['another port', 'https://registry.example:444/v2/tool'],
  ['the same host without TLS', 'http://registry.example/v2/tool'],
])('a login is not sent to %s', async (_, url) => {
  const { requests, http } = server(() => asks('Basic realm="x"'))
  const access = withAccess({ http, clock, logins: LOGIN })
  await expect(access.get(url)).rejects.toThrow('it wants a user name and a password')
  expect(requests).toEqual([{ url, authorization: undefined }])
})

test('a wrong login is told with its option, and not sent for ever', async () => {
  const { requests, http } = server(() => asks('Basic realm="x"'))
  const failed = await withAccess({ http, clock, logins: LOGIN })
    .get(REPOSITORY)
    .catch((error) => error)
  expect(failed).toBeInstanceOf(NotFetched)
  expect(failed).toMatchObject({ isTransient: false, message: /refuses .* --registry-login registry\.example$/ })
  expect(requests).toHaveLength(2)
})

test('what a server asks for to which the request was redirected gets no login', async () => {
  const elsewhere = 'https://evil.example/blob'
  const { requests, http } = server(() => ({ ...asks('Bearer realm="https://evil.example/token"'), url: elsewhere }))
  const failed = withAccess({ http, clock, logins: LOGIN }).get(REPOSITORY)
  await expect(failed).rejects.toThrow('is redirected to https://evil.example, which answered 401')
  expect(requests).toEqual([{ url: REPOSITORY, authorization: undefined }])
})

/** A registry with this address, and a server of tokens that wants the login. */
const withTokens = (realm: string) =>
  server(({ url, authorization }) => {
    if (url.startsWith(realm)) return authorization === BASIC ? { status: 200, text: '{"token":"t"}' } : { status: 401 }
    return authorization === 'Bearer t' ? { status: 200 } : asks(`Bearer realm="${realm}", Basic realm="x"`)
  })

test.each([
  ['https://auth.example/token', REPOSITORY, LOGIN],
  [
    'http://registry.example/token',
    'http://registry.example/v2/tool',
    { 'http://registry.example': new Secret('user:word') },
  ],
])('a token of %s is asked for with the login', async (realm, url, logins) => {
  const { requests, http } = withTokens(realm)
  expect((await withAccess({ http, clock, logins }).get(url)).status).toBe(200)
  expect(requests.map(({ authorization }) => authorization)).toEqual([undefined, BASIC, 'Bearer t'])
})

test('the login of a registry without TLS goes to no other server of tokens', async () => {
  const { requests, http } = withTokens('http://auth.example/token')
  const logins = { 'http://registry.example': new Secret('user:word') }
  await expect(withAccess({ http, clock, logins }).get('http://registry.example/v2/tool')).rejects.toThrow(
    'got no token from http://auth.example, which answered 401',
  )
  expect(requests.map(({ authorization }) => authorization)).toEqual([undefined, undefined])
})

test.each([
  ['https://harbor.example/token', REPOSITORY, { 'harbor.example': new Secret('user:word') }],
  ['https://harbor.example/token', 'http://registry.example/v2/tool', { 'harbor.example': new Secret('user:word') }],
  ['https://registry.example/token', 'http://registry.example/v2/tool', LOGIN],
  ['http://auth.example/token', 'http://registry.example/v2/tool', { 'http://auth.example': new Secret('user:word') }],
])('a registry gets no token of %s that is made with the login of another server', async (realm, url, logins) => {
  const { requests, http } = withTokens(realm)
  await expect(withAccess({ http, clock, logins }).get(url)).rejects.toThrow('it wants a user name and a password')
  expect(requests.map(({ authorization }) => authorization)).toEqual([undefined, undefined])
})

test('a token that was given to anybody, and is not enough, is told as a missing login', async () => {
  const { http } = server(({ url }) =>
    url.includes('/token')
      ? { status: 200, text: '{"token":"anonymous"}' }
      : asks('Bearer realm="https://auth.example/token"'),
  )
  await expect(withAccess({ http, clock }).get(REPOSITORY)).rejects.toThrow('wants a user name and a password')
})
