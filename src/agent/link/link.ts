import { type ErrorReport, reportOf } from '../../base/agent-error.ts'
import { errorMessage } from '../../base/text/error-message.ts'
import { seconds } from '../../base/text/seconds.ts'
import { NetworkError } from '../../host/network.ts'
import type { Facts } from '../../protocol/wire/facts.ts'
import { MAX_DOWN_BYTES } from '../../protocol/wire/session/limits.ts'
import type { AgentConfig } from '../config.ts'
import type { Log } from '../log.ts'
import type { StatusFile } from '../status.ts'
import { type Backoff, FRESH, nextDelay } from './backoff.ts'
import { type DialOptions, dial, UpgradeRefused } from './dial.ts'
import { nextUrl } from './next-url.ts'
import { holdSession, type Session, type SessionEnd, type SessionOptions } from './session.ts'
import { unreachable } from './unreachable.ts'

type Hooks = Pick<SessionOptions, 'nodeIdentity' | 'outbox' | 'hello' | 'lastSeq' | 'on' | 'onWelcome'>

export interface LinkOptions extends Hooks {
  config: AgentConfig
  /** Certificate and key for the next connection. */
  tls(): DialOptions['tls']
  /** Collected at the first call. */
  facts(): Promise<Facts | undefined>
  status: StatusFile
  log: Log
  now(): Date
  random(): number
  monotonicMs(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
  silenceMs?: number
  signal: AbortSignal
}

export interface Link {
  /** The open session. */
  session(): Session | undefined
  /** Ends the pause before the next try. */
  retryNow(): void
  /** Resolves after the signal. */
  readonly ended: Promise<void>
}

const PATH = '/v1/agent'
const DIAL_TIMEOUT_MS = 20_000

/** Keeps a connection to the controller until the signal; reconnects when it ends. */
export function keepLink(options: LinkOptions): Link {
  const { config, status, log, signal } = options
  let session: Session | undefined
  let pause = new AbortController()
  /** The URL of the last connection. */
  let worked: string | undefined
  /** Tries since that connection. */
  let attempt = 0
  /** The last problem with a fix, until the next connection: logged once, and not for each try. */
  let told: string | undefined

  async function once(url: string): Promise<SessionEnd> {
    const tls = options.tls()
    const target = { url, path: PATH, tls, proxy: config.proxy }
    const socket = await dial({ ...target, timeoutMs: DIAL_TIMEOUT_MS, maxMessageBytes: MAX_DOWN_BYTES })
    return holdSession({
      ...options,
      socket,
      onWelcome(welcome, opened) {
        session = opened
        worked = url
        attempt = 0
        told = undefined
        status.update({ connected: true, controller: url, problem: null, cluster: welcome.cluster })
        log('info', `connected to ${url}`)
        options.onWelcome(welcome, opened)
        // The key was renewed while this connection was being opened: the controller adopts it with the next one.
        if (options.tls().cert !== tls.cert) opened.renew('the node has a new certificate')
        void options.facts().then((facts) => facts && opened.send('facts', facts))
      },
    })
  }

  async function keep(): Promise<void> {
    let backoff: Backoff = FRESH
    while (!signal.aborted) {
      const url = nextUrl(config.urls, attempt++, worked)
      const end = await once(url).catch((error: unknown) => endOf(url, error, options))
      session = undefined
      if (signal.aborted) return
      const { delayMs, next } = nextDelay(backoff, end, options.random)
      backoff = next
      const code = end.kind === 'refused' ? 'controller/refused' : 'controller/unreachable'
      const fix =
        end.kind === 'refused'
          ? 'check: controller node list; to register again: agent uninstall, then install'
          : 'none needed: the agent keeps retrying'
      status.update({ connected: false, problem: end.problem ?? { code, message: end.why, fix } })
      if (end.problem && end.problem.message !== told) log('error', textOf(end.problem))
      told = end.problem?.message ?? told
      log('warn', `${end.why}; retrying in ${seconds(delayMs)}`)
      pause = new AbortController()
      await options.sleep(delayMs, AbortSignal.any([signal, pause.signal])).catch(() => undefined)
      if (pause.signal.aborted) backoff = FRESH
    }
  }
  return { session: () => session, retryNow: () => pause.abort(), ended: keep() }
}

const textOf = ({ code, message, fix }: ErrorReport) => `${message} (${code}); fix: ${fix}`

async function endOf(url: string, error: unknown, { tls, now }: Pick<LinkOptions, 'tls' | 'now'>): Promise<SessionEnd> {
  const { expiryOf } = await import('../identity/node-names.ts')
  const expiry = expiryOf(tls(), now())
  if (expiry) return { kind: 'refused', why: expiry.message, problem: reportOf(expiry) }
  if (error instanceof UpgradeRefused && (error.status === 401 || error.status === 403)) {
    return { kind: 'refused', why: error.message }
  }
  if (!(error instanceof NetworkError)) {
    return { kind: 'lost', stableMs: 0, why: errorMessage(error) }
  }
  const problem = unreachable(url, error)
  // Reported with its fix if it is a TLS error, because a person has to set a clock. Other errors may pass by themselves.
  return {
    kind: 'lost',
    stableMs: 0,
    why: problem.message,
    ...(error.stage === 'tls' && { problem: reportOf(problem) }),
  }
}
