import { expect, test } from 'vitest'
import { type Answer, type Http, NotFetched } from './http.ts'
import { withToken } from './registry-access.ts'

const clock = { now: () => new Date(0), sleep: () => Promise.resolve() }
const REPOSITORY = 'https://registry.example/v2/tool'

/** A registry that wants a token, which is valid for some requests. */
function registry(challenge: string, validFor = Number.POSITIVE_INFINITY) {
  const asked: string[] = []
  let uses = validFor
  const answer = (status: number, text = '', headers = {}): Answer => ({
    ...{ status, headers, drop: () => Promise.resolve() },
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
  return { asked, access: withToken({ http, clock }) }
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
  ['Bearer service="x"', 'it wants a user name and a password'],
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
