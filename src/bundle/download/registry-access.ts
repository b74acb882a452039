import * as z from 'zod/mini'
import type { Secret } from '../../base/text/secret.ts'
import { fetchBytes, type Transport } from './fetch-file.ts'
import { type Http, NotFetched } from './http.ts'

const MAX_ANSWER_BYTES = 256 * 1024
const Token = z.object({ token: z.optional(z.string()), access_token: z.optional(z.string()) })

/**
 * Requests to one repository of a registry, or to a server of files, with what it asks for: the login of its host, or a token, as
 * the specification of distribution defines it. Nothing of it is sent to a server to which the request is redirected.
 */
export function withAccess(transport: Transport): Http {
  let authorization: Readonly<Record<string, string>> = {}
  return {
    async get(url, headers = {}) {
      const answer = await transport.http.get(url, { ...headers, ...authorization })
      if (answer.status !== 401) return answer
      await answer.drop()
      const { origin } = new URL(answer.url)
      if (origin !== new URL(url).origin)
        throw new NotFetched(`is redirected to ${origin}, which answered 401`, 'permanent')
      // A token can also have expired.
      const challenges = [answer.headers['www-authenticate']].flat().join(', ')
      authorization = { authorization: await answerTo(challenges, new URL(url), transport) }
      const again = await transport.http.get(url, { ...headers, ...authorization })
      if (again.status !== 401) return again
      await again.drop()
      throw denied(new URL(url), transport)
    },
  }
}

async function answerTo(challenges: string, of: URL, transport: Transport): Promise<string> {
  const login = loginOf(of, transport)
  const bearer = /(?:^|,\s*)bearer\s+(.*)/is.exec(challenges)?.[1]
  if (bearer !== undefined) return `Bearer ${await fetchToken(transport, bearer, of)}`
  if (login === undefined || !/(?:^|,\s*)basic\b/i.test(challenges)) throw denied(of, transport)
  return basic(login)
}

async function fetchToken(transport: Transport, challenge: string, of: URL): Promise<string> {
  // With the boundary, a long word is tried once, and not from each of its characters.
  const pairs = [...challenge.matchAll(/\b(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value] as const)
  // Those of a further challenge follow.
  const values = new Map(pairs.toReversed())
  const realm = URL.parse(values.get('realm') ?? '')
  if (realm === null) throw denied(of, transport)
  if (realm.protocol !== 'https:' && of.protocol === 'https:') {
    throw new NotFetched(`wants a token of ${realm.origin}, which is not encrypted`, 'permanent')
  }
  for (const name of ['service', 'scope']) {
    const value = values.get(name)
    if (value !== undefined) realm.searchParams.set(name, value)
  }
  const login = loginForTokens(realm, of, transport)
  const headers = login && { authorization: basic(login) }
  const wanted = { url: realm.href, maxBytes: MAX_ANSWER_BYTES, ...(headers && { headers }) }
  const answer = await fetchBytes(transport, wanted).catch((error: unknown) => {
    if (!(error instanceof NotFetched) || error.isTransient) throw error
    throw new NotFetched(
      `got no token from ${realm.origin}, which ${error.message}; ${hint(of, transport)}`,
      'permanent',
      error,
    )
  })
  const { token, access_token } = Token.safeParse(jsonOf(answer)).data ?? {}
  const found = token ?? access_token
  if (found === undefined) throw new NotFetched(`got no token from ${realm.origin}`, 'permanent')
  return found
}

/**
 * The login of the registry that asks, and of no other: the registry gets the token that is made with it. A registry with TLS may
 * name another server for its tokens. One without TLS gets the login itself, and nobody else.
 */
function loginForTokens(realm: URL, of: URL, transport: Transport): Secret | undefined {
  return realm.protocol === 'https:' || realm.origin === of.origin ? loginOf(of, transport) : undefined
}

const keyOf = ({ protocol, host }: URL) => (protocol === 'https:' ? host : `http://${host}`)
const loginOf = (url: URL, { logins = {} }: Transport) =>
  Object.hasOwn(logins, keyOf(url)) ? logins[keyOf(url)] : undefined
const basic = (login: Secret) => `Basic ${Buffer.from(login.reveal()).toString('base64')}`

const denied = (of: URL, transport: Transport) => new NotFetched(`answered 401: ${hint(of, transport)}`, 'permanent')

function hint(of: URL, transport: Transport): string {
  const key = keyOf(of)
  return loginOf(of, transport) === undefined
    ? `it wants a user name and a password: --registry-login ${key}=FILE`
    : `it refuses the user name or the password of --registry-login ${key}`
}

/** Undefined if it is not JSON. */
export function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}
