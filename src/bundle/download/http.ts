import type { Dispatcher } from 'undici'
import { bareHost } from '../../base/net/address.ts'
import { rangesMatcher } from '../../base/net/subnet.ts'
import type { Secret } from '../../base/text/secret.ts'
import { badBundle } from '../error.ts'

const CONNECT_MS = 15_000
const STALL_MS = 60_000
const MAX_REDIRECTS = 8

/** Settings of the network, as the variables of the environment that curl and Go read. */
export interface Network {
  /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in either case. NO_PROXY can have ranges: `10.0.0.0/8`. */
  env: Readonly<Record<string, string | undefined>>
  /** PEM of all CAs that are trusted. */
  ca: readonly string[]
}

/** `USER:PASSWORD` by host; for a server without TLS by `http://HOST`. */
export type Logins = Readonly<Record<string, Secret>>

/** An answer that is not the end of a redirect. The body must be read, or dropped. */
export interface Answer {
  /** Where it is from, after all redirects. */
  url: string
  status: number
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: AsyncIterable<Buffer>
  drop(): Promise<void>
}

export interface Http {
  /** Follows redirects. Throws NotFetched if there is no answer. */
  get(url: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
}

/** A download that failed. `isTransient`: a further try may succeed. The message continues `URL: `. */
export class NotFetched extends Error {
  readonly isTransient: boolean
  /** Whether no server answered. */
  readonly isUnanswered: boolean
  /** Whether the server has no such file. */
  readonly isAbsent: boolean

  constructor(message: string, state: 'transient' | 'permanent' | 'unanswered' | 'absent', cause?: unknown) {
    super(message, { cause })
    this.isTransient = state === 'transient' || state === 'unanswered'
    this.isUnanswered = state === 'unanswered'
    this.isAbsent = state === 'absent'
  }
}

/** HTTP and HTTPS through the proxies of the environment. Call `close` at the end. */
export async function openHttp({ env, ca }: Network): Promise<Http & { close(): Promise<void> }> {
  const { Agent, EnvHttpProxyAgent, request } = await import('undici')
  const tls = { ca: [...ca], timeout: CONNECT_MS }
  const limits = { headersTimeout: STALL_MS, bodyTimeout: STALL_MS, maxHeaderSize: 64 * 1024 }
  const noProxy = env.no_proxy ?? env.NO_PROXY ?? ''
  const proxied = new EnvHttpProxyAgent({
    ...{ httpProxy: proxyOf(env, 'http_proxy'), httpsProxy: proxyOf(env, 'https_proxy'), noProxy },
    ...{ ...limits, connect: tls, requestTls: tls, proxyTls: tls },
  })
  const direct = new Agent({ ...limits, connect: tls })
  // undici knows names and addresses in NO_PROXY, but no ranges.
  const isInRange = rangesMatcher(noProxy.split(/[,\s]+/))
  const dispatcherOf = ({ hostname }: URL) => (isInRange(bareHost(hostname)) ? direct : proxied)
  const ask = async (url: URL, headers: Readonly<Record<string, string>>) => {
    try {
      return await request(url, { dispatcher: dispatcherOf(url), headers: { 'user-agent': 'cantrip', ...headers } })
    } catch (cause) {
      throw new NotFetched(reasonOf(cause), isTlsFailure(cause) ? 'permanent' : 'unanswered', cause)
    }
  }
  return {
    close: async () => void (await Promise.all([proxied.destroy(), direct.destroy()])),
    async get(url, headers = {}) {
      let at = new URL(url)
      let sent = headers
      for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
        const answer = await ask(at, sent)
        const { location } = answer.headers
        if (!isRedirect(answer.statusCode) || typeof location !== 'string') return answerOf(at, answer)
        await answer.body.dump()
        const next = URL.parse(location, at.href)
        if (next === null || !isHttp(next)) {
          throw new NotFetched('is redirected to what is no URL of http or https', 'permanent')
        }
        if (at.protocol === 'https:' && next.protocol !== 'https:') {
          throw new NotFetched(`is redirected to ${next.origin}, which is not encrypted`, 'permanent')
        }
        if (next.origin !== at.origin) sent = withoutCredentials(sent)
        at = next
      }
      throw new NotFetched(`is redirected more than ${MAX_REDIRECTS} times`, 'permanent')
    },
  }
}

/** The URL of a mirror or a registry, without a slash at its end. Throws `bundle/bad-url`. */
export function httpUrl(text: string, option: string): string {
  const url = parseUrl(text)
  if (url !== undefined && url.username === '' && url.password === '') return url.href.replace(/\/+$/, '')
  // Not the text itself: it can contain a password.
  const message = `${option} is not a URL; wanted http:// or https://, a host and a path, without a user`
  throw badBundle('bad-url', message, `correct ${option}`)
}

function proxyOf(env: Network['env'], name: 'http_proxy' | 'https_proxy'): string {
  const upper = name.toUpperCase()
  const text = env[name] ?? env[upper] ?? ''
  if (text === '' || parseUrl(text) !== undefined) return text
  const message = `${upper} of the environment is not a URL; wanted http:// or https:// and a host`
  throw badBundle('bad-url', message, `correct ${upper}, or unset it`)
}

function parseUrl(text: string): URL | undefined {
  const url = URL.parse(text)
  return url !== null && isHttp(url) && url.search === '' && url.hash === '' ? url : undefined
}

const isHttp = ({ protocol }: URL) => protocol === 'http:' || protocol === 'https:'

const isRedirect = (status: number) => [301, 302, 303, 307, 308].includes(status)

function answerOf(at: URL, { statusCode, headers, body }: Dispatcher.ResponseData): Answer {
  return { url: at.href, status: statusCode, headers, body, drop: () => body.dump() }
}

function withoutCredentials(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'))
}

/** What a connection failed with; the message of undici for a proxy has it in its cause. */
export function reasonOf(error: unknown): string {
  const reasons: string[] = []
  for (let each = error; each instanceof Error; each = each.cause) reasons.push(each.message || String(codeOf(each)))
  return [...new Set(reasons)].join(': ') || String(error)
}

function isTlsFailure(error: unknown): boolean {
  return error instanceof Error && (/CERT|SIGNATURE|_TLS_|_SSL_/.test(codeOf(error)) || isTlsFailure(error.cause))
}

const codeOf = (error: NodeJS.ErrnoException) => error.code ?? ''
