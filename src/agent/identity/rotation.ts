import { AgentError, reportOf } from '../../base/agent-error.ts'
import { pauseMs, type RetryPolicy } from '../../base/retry.ts'
import type { NetworkView } from '../../host/network.ts'
import { createKeyPair, keyToPem } from '../../pki/key.ts'
import type { AgentConfig } from '../config.ts'
import type { Log } from '../log.ts'
import type { AgentPaths } from '../paths.ts'
import { type NodeIdentity, writeIdentity } from './identity.ts'
import { expiryOf, keyFingerprint, nodeIdOf, requireIssuedFor, validityOf } from './node-names.ts'
import { certificatesIn, isOfFormerCa, readTrust } from './trust.ts'

export interface RotationOptions {
  paths: AgentPaths
  config: Pick<AgentConfig, 'urls' | 'proxy' | 'nodeName'>
  identity: NodeIdentity
  /** Aborted when the node receives other keys to trust; another signal after that. */
  trustChange(): AbortSignal
  network(): Promise<NetworkView>
  /** Adds a private key to what logs redact. */
  hide(secret: string): void
  /** Whether a process carries out a run or restores images. It keeps the key with which it began, which a rotation would retire. */
  isBusy(): boolean
  /** Called after the new pair is written. */
  onRotated(identity: NodeIdentity): void
  log: Log
  now(): Date
  random(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
  signal: AbortSignal
}

/** A rotation waits for the end of a run, but not until the certificate expires. */
const BUSY_MS = 60_000
const SPARE_MS = 86_400_000
/** A machine that was suspended, or whose clock was set, notices within this time. */
const LOOK_EVERY_MS = 60_000
/** Also the minimum time between two rotations, even if the clock jumps. */
const POLICY: RetryPolicy = { firstMs: 3_600_000, spread: [0.5, 1] }
/** Once the certificate has expired: the node has no connection. */
const LATE: RetryPolicy = { firstMs: 2_000, factor: 2, longestMs: 300_000, spread: [0.5, 1] }
const TIMEOUT_MS = 20_000

/**
 * Rotates key and certificate at a random 70 to 90 % of the certificate's lifetime, and when the node receives a newer CA, until
 * the signal. A certificate that has expired is renewed as well: the controller accepts it for that, for a time.
 */
export async function keepFresh(options: RotationOptions): Promise<void> {
  const { config, log, random, sleep, signal } = options
  let { identity } = options
  const attempt = async (number: number): Promise<boolean> => {
    try {
      identity = await rotate(identity, config.urls[(number - 1) % config.urls.length] ?? '', options)
    } catch (error) {
      signal.throwIfAborted()
      // Problems such as a full disk or an unreachable controller may pass; the current pair stays in use.
      const { code, message } = reportOf(error)
      log('warn', `could not renew the certificate of this node, retrying later: ${message} (${code})`)
      return false
    }
    options.onRotated(identity)
    return true
  }
  try {
    for (;;) {
      await untilDue(() => identity, options)
      for (let number = 1; !(await attempt(number)); number++) await pauseAfter(number, identity, options)
      await sleep(pauseMs(POLICY, 1, random), signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** Shorter once the certificate has expired, which may happen meanwhile. */
async function pauseAfter(
  failures: number,
  identity: NodeIdentity,
  { now, random, sleep, signal }: RotationOptions,
): Promise<void> {
  const share = random()
  for (let sleptMs = 0; ; ) {
    const policy = expiryOf(identity, now()) ? LATE : POLICY
    const leftMs = pauseMs(policy, failures, () => share) - sleptMs
    if (leftMs <= 0) return
    const nextMs = Math.min(leftMs, LOOK_EVERY_MS)
    await sleep(nextMs, signal)
    sleptMs += nextMs
  }
}

/** Reads the clock every minute, because it may be set and the machine may be suspended. */
async function untilDue(
  present: () => NodeIdentity,
  { paths, now, sleep, signal, random, isBusy, trustChange }: RotationOptions,
): Promise<void> {
  const identity = present()
  const at = dueTime(identity, random)
  const latestMs = validityOf(identity).to.getTime() - SPARE_MS
  for (;;) {
    const leftMs = isOfFormerCa(readTrust(paths), identity.cert) ? 0 : at.getTime() - now().getTime()
    if (leftMs <= 0 && (!isBusy() || now().getTime() >= latestMs)) return
    const change = trustChange()
    await sleep(leftMs > 0 ? Math.min(LOOK_EVERY_MS, leftMs) : BUSY_MS, AbortSignal.any([signal, change])).catch(
      (error: unknown) => {
        if (signal.aborted || !change.aborted) throw error
      },
    )
  }
}

export function dueTime(identity: Pick<NodeIdentity, 'cert'>, random: () => number): Date {
  const { from, to } = validityOf(identity)
  return new Date(from.getTime() + (to.getTime() - from.getTime()) * (0.7 + 0.2 * random()))
}

/** One try with one controller. The new pair replaces the old one on disk only after the controller has accepted it. */
export async function rotate(
  present: NodeIdentity,
  url: string,
  { paths, config, network, hide, log }: Pick<RotationOptions, 'paths' | 'config' | 'network' | 'hide' | 'log'>,
): Promise<NodeIdentity> {
  // Loaded every few weeks, not whenever the agent starts.
  const [{ buildCsr }, { agentRoutes }, { askController }] = await Promise.all([
    import('../../pki/csr.ts'),
    import('../../protocol/api/agents.ts'),
    import('../link/ask-controller.ts'),
  ])
  const { privateKey } = createKeyPair()
  const key = keyToPem(privateKey)
  hide(key)
  const way = { url, proxy: config.proxy, timeoutMs: TIMEOUT_MS, network: await network() }
  const received = readTrust(paths)
  const ca = received?.authorities.join('') ?? present.ca
  const authorities = received && certificatesIn(ca).map(({ fingerprint256 }) => fingerprint256)
  const body = { csr: buildCsr(privateKey, config.nodeName), ...(authorities && { authorities }) }
  const { certificate } = await askController({ ...way, tls: { ...present, ca } }, agentRoutes.renewCertificate, {
    body,
  })
  const fresh = { ca, cert: certificate, key }
  requireIssuedFor(certificate, ca, keyFingerprint(key))
  if (nodeIdOf(fresh, paths) !== nodeIdOf(present, paths)) throw foreign()
  await askController({ ...way, tls: fresh }, agentRoutes.ping, {})
  writeIdentity(paths, fresh)
  log('info', `the node has a new key: ${keyFingerprint(key)}`)
  return fresh
}

function foreign(): AgentError {
  return new AgentError('enrol/foreign-certificate', 'the controller sent a certificate for another node', {
    fix: 'check that the URL belongs to a Cantrip controller of this cluster',
  })
}
