import * as z from 'zod/mini'
import { fetchBytes, type Transport } from './fetch-file.ts'
import { type Http, NotFetched } from './http.ts'

const MAX_ANSWER_BYTES = 256 * 1024
const Token = z.object({ token: z.optional(z.string()), access_token: z.optional(z.string()) })

/**
 * Requests to one repository of a registry, with the token that it asks for, as the specification of distribution defines
 * it. Nobody signs in: what the projects publish is public.
 */
export function withToken(transport: Transport): Http {
  let authorization: Readonly<Record<string, string>> = {}
  return {
    async get(url, headers = {}) {
      const answer = await transport.http.get(url, { ...headers, ...authorization })
      if (answer.status !== 401) return answer
      await answer.drop()
      // It can also have expired.
      authorization = {
        authorization: `Bearer ${await fetchToken(transport, answer.headers['www-authenticate'], url)}`,
      }
      return transport.http.get(url, { ...headers, ...authorization })
    },
  }
}

async function fetchToken(transport: Transport, challenge: string | string[] | undefined, of: string): Promise<string> {
  const text = [challenge].flat().find((each) => /^bearer /i.test(each ?? '')) ?? ''
  // With the boundary, a long word is tried once, and not from each of its characters.
  const values = new Map([...text.matchAll(/\b(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]))
  const realm = URL.parse(values.get('realm') ?? '')
  if (realm === null) throw new NotFetched('answered 401: it wants a user name and a password', 'permanent')
  if (realm.protocol !== 'https:' && new URL(of).protocol === 'https:') {
    throw new NotFetched(`wants a token of ${realm.origin}, which is not encrypted`, 'permanent')
  }
  for (const name of ['service', 'scope']) {
    const value = values.get(name)
    if (value !== undefined) realm.searchParams.set(name, value)
  }
  const answer = await fetchBytes(transport, { url: realm.href, maxBytes: MAX_ANSWER_BYTES })
  const { token, access_token } = Token.safeParse(jsonOf(answer)).data ?? {}
  const found = token ?? access_token
  if (found === undefined) throw new NotFetched(`got no token from ${realm.origin}`, 'permanent')
  return found
}

/** Undefined if it is not JSON. */
export function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}
