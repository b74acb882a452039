import { AgentError } from '../../base/agent-error.ts'
import { pauseMs, type RetryPolicy } from '../../base/retry.ts'
import type { NetworkView } from '../../host/network.ts'
import { agentRoutes, type EnrolResponse } from '../../protocol/api/agents.ts'
import type { Machine } from '../../protocol/declaration/machine.ts'
import type { AgentConfig } from '../config.ts'
import { askController, type Way } from '../link/ask-controller.ts'
import { requireIssuedFor } from './node-names.ts'

export interface EnrolOptions {
  config: AgentConfig
  ca: string
  /** The installer's certificate and key. */
  identity: { certificate: string; key: string }
  csr: string
  /** Fingerprint of the key in the request. */
  fingerprint: string
  /** The address from which this machine reaches the URL. */
  addressTowards(url: string): Promise<string>
  /** What identifies the machine; undefined if it is not known. */
  machine(): Promise<Machine | undefined>
  network: NetworkView
  sleep(ms: number, signal: AbortSignal): Promise<void>
  random(): number
  signal: AbortSignal
  /** Called with each answer of the controller. */
  onAnswer(answer: EnrolResponse): void
  /** Called for each failed try; more follow. */
  onProblem(error: AgentError): void
}

const GROWING = { factor: 1.5, longestMs: 300_000, spread: [0.8, 1.2] } as const
/** The first three tries follow closely, because an installation waits for them. */
const AWAY: RetryPolicy = { firstMs: 2_000, ...GROWING }
const PENDING: RetryPolicy = { firstMs: 10_000, ...GROWING }
/** A refusal is unlikely to change soon. */
const REFUSED: RetryPolicy = { ...GROWING, firstMs: 900_000, longestMs: 900_000 }
/** The controller answers earlier if the state of the node changes. */
const LONG_POLL_MS = 25_000
const REQUEST_TIMEOUT_MS = 40_000

/** Polls until an administrator approves the node, or the signal. Returns the node's certificate (PEM). */
export async function enrol(options: EnrolOptions): Promise<{ nodeId: string; certificate: string }> {
  const { config, signal, sleep, random, onAnswer, onProblem } = options
  const pause = (policy: RetryPolicy, number: number) => sleep(pauseMs(policy, number, random), signal)
  let isKnown = false
  let failures = 0
  let waits = 0
  for (let attempt = 0; ; attempt++) {
    const tried = await tryOnce(config.urls[attempt % config.urls.length] ?? '', isKnown, options)
    if ('error' in tried) {
      onProblem(tried.error)
      isKnown &&= tried.error.code !== 'enrol/unknown'
      failures += 1
      await (tried.error.kind === 'refused' ? pause(REFUSED, 1) : pause(AWAY, Math.max(1, failures - 2)))
      continue
    }
    const { nodeId, certificate } = tried.answer
    if (certificate !== undefined) return { nodeId, certificate }
    onAnswer(tried.answer)
    failures = 0
    // After a long poll that ended without a change, poll again without a pause.
    const askAtOnce = !isKnown || tried.wasHeld
    isKnown = true
    if (!askAtOnce) await pause(PENDING, ++waits)
  }
}

type Tried = { answer: EnrolResponse; wasHeld: boolean } | { error: AgentError }

async function tryOnce(url: string, isKnown: boolean, options: EnrolOptions): Promise<Tried> {
  const startedMs = performance.now()
  try {
    const answer = isKnown ? await askAgain(url, options) : await askFirst(url, options)
    options.signal.throwIfAborted()
    if (answer.certificate !== undefined) requireIssuedFor(answer.certificate, options.ca, options.fingerprint)
    return { answer, wasHeld: isKnown && performance.now() - startedMs > LONG_POLL_MS / 2 }
  } catch (error) {
    options.signal.throwIfAborted()
    if (error instanceof AgentError) return { error }
    throw error
  }
}

async function askFirst(url: string, options: EnrolOptions): Promise<EnrolResponse> {
  const { config, csr } = options
  const body = {
    csr,
    nodeName: config.nodeName,
    address: await options.addressTowards(url),
    warnings: config.warnings ?? [],
    ...(config.clusterName === undefined ? {} : { clusterName: config.clusterName }),
  }
  const machine = await options.machine()
  const query = machine === undefined ? {} : { machine: JSON.stringify(machine) }
  return askController(wayTo(url, options), agentRoutes.enrol, { body, query })
}

async function askAgain(url: string, options: EnrolOptions): Promise<EnrolResponse> {
  const params = { fingerprint: options.fingerprint }
  return askController(wayTo(url, options), agentRoutes.showEnrolment, { params, query: { waitMs: LONG_POLL_MS } })
}

function wayTo(url: string, { config, identity, ca, network, signal }: EnrolOptions): Way {
  const tls = { ca, cert: identity.certificate, key: identity.key }
  return { url, tls, proxy: config.proxy, timeoutMs: REQUEST_TIMEOUT_MS, network, signal }
}
