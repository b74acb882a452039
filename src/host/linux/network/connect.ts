/** Connects to an HTTP server in stages, so that an error names the stage that failed. */
import { X509Certificate } from 'node:crypto'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Certificate, PeerCertificate } from 'node:tls'
import { NetworkError, type Stage, type TlsIdentity } from '../../network.ts'
import { ask } from '../commands.ts'

export interface Target {
  host: string
  port: number
}

/** Ends every stage. */
export interface Deadline {
  signal: AbortSignal
  timeoutMs: number
}

export function deadline(timeoutMs: number, signal?: AbortSignal): Deadline {
  const late = AbortSignal.timeout(timeoutMs)
  return { signal: signal === undefined ? late : AbortSignal.any([late, signal]), timeoutMs }
}

/**
 * Resolves a name in a child process: while name servers hang, getaddrinfo(3) in this process could not be cancelled, would
 * block a thread of the pool, and would keep the process from exiting. getent(1) uses the same resolver.
 */
export async function resolve(name: string, { signal, timeoutMs }: Deadline): Promise<string[]> {
  if (isIP(name) !== 0) return [name]
  try {
    const { exitCode, stdout } = await ask(['getent', 'ahosts', '--', name], { timeoutMs, signal })
    const addresses = stdout.split('\n').flatMap((line) => line.split(/\s/, 1)[0] || [])
    if (exitCode === 0) return [...new Set(addresses)]
  } catch (cause) {
    // The image of the operator has no getent.
    if ((cause as { code?: unknown }).code === 'command/not-found') return lookedUp(name)
    if (signal.aborted || (cause as { code?: unknown }).code === 'command/timeout')
      throw new NetworkError('resolve', `the name servers did not answer for ${name} within ${timeoutMs} ms`, { cause })
    throw new NetworkError('resolve', `cannot resolve ${name}: ${describeError(cause as Error)}`, { cause })
  }
  throw new NetworkError('resolve', `${name} does not resolve`)
}

async function lookedUp(name: string): Promise<string[]> {
  const { lookup } = await import('node:dns/promises')
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address)
  } catch (cause) {
    throw new NetworkError('resolve', `${name} does not resolve`, { cause })
  }
}

export async function openTcp(to: Target, deadline: Deadline, stage: Stage = 'tcp'): Promise<Socket> {
  const addresses = await resolve(to.host, deadline)
  let last: unknown
  for (const address of addresses) {
    try {
      return await openAddress(address, to, deadline, stage)
    } catch (error) {
      if (deadline.signal.aborted) throw error
      last = error
    }
  }
  throw last ?? new NetworkError('resolve', `${to.host} has no address`)
}

function openAddress(address: string, to: Target, { signal, timeoutMs }: Deadline, stage: Stage): Promise<Socket> {
  const socket = connectTcp({ host: address, port: to.port, noDelay: true })
  const shown = address === to.host ? `${address}:${to.port}` : `${to.host} (${address}:${to.port})`
  return settle(socket, stage, signal, `${shown} did not answer within ${timeoutMs} ms`, (done, fail) => {
    socket.once('connect', () => done(socket))
    socket.once('error', (error: NodeJS.ErrnoException) => fail(`${shown}: ${describeError(error)}`, error))
  })
}

export async function openTls(
  raw: Duplex,
  to: Target,
  identity: TlsIdentity | undefined,
  { signal, timeoutMs }: Deadline,
): Promise<Socket> {
  // Loaded on demand: a check of an open port does not need it, and the agent connects before it loads other modules.
  const { connect: connectTls } = await import('node:tls')
  const socket = connectTls({
    socket: raw,
    host: to.host,
    ...(isIP(to.host) === 0 && { servername: to.host }),
    // The controller and the servers of Kubernetes support it; registries and proxies of others need not.
    minVersion: 'TLSv1.3',
    ...identity,
    ALPNProtocols: ['http/1.1'],
  })
  return settle(
    socket,
    'tls',
    signal,
    `no TLS handshake with ${to.host}:${to.port} within ${timeoutMs} ms`,
    (done, fail) => {
      let peer: Partial<PeerCertificate> = {}
      // Before Node's own listener, which destroys the connection if the certificate is not valid.
      socket.prependOnceListener('secure', () => {
        peer = socket.getPeerCertificate()
      })
      socket.once('secureConnect', () => done(socket))
      socket.once('error', (error: NodeJS.ErrnoException) =>
        fail(
          `TLS with ${to.host}:${to.port} failed: ${describeError(error)}${describeValidity(error, peer)}${describeCertificate(peer)}`,
          error,
        ),
      )
      socket.once('close', () => fail(`${to.host}:${to.port} closed the connection during the TLS handshake`))
    },
  )
}

const MOST_OF_A_NAME = 100

/** The names in the peer's certificate, by which a user recognizes an inspecting proxy or a wrong server. */
function describeCertificate({ subject, issuer }: Partial<PeerCertificate>): string {
  if (subject === undefined || issuer === undefined) return ''
  return ` (the peer presented a certificate for ${nameOf(subject)}, issued by ${nameOf(issuer)})`
}

/** Untrusted text: shortened, printable characters only. */
function nameOf({ CN, O, OU }: Certificate): string {
  const name = [CN ?? O ?? OU].flat()[0]?.replace(/[^\x20-\x7e]/g, '?') ?? ''
  return name === '' ? 'no name' : `"${name.slice(0, MOST_OF_A_NAME)}"`
}

/** Resolves or rejects once. Destroys the socket on failure, and removes its listener. */
export function settle<T>(
  socket: Socket,
  stage: Stage,
  signal: AbortSignal,
  late: string,
  begin: (done: (value: T) => void, fail: (message: string, cause?: unknown, at?: Stage) => void) => void,
): Promise<T> {
  return new Promise<T>((resolvePromise, reject) => {
    const fail = (message: string, cause?: unknown, at = stage) => {
      signal.removeEventListener('abort', expire)
      socket.destroy()
      reject(new NetworkError(at, message, { cause }))
    }
    const expire = () => fail(late)
    if (signal.aborted) return expire()
    signal.addEventListener('abort', expire)
    begin((value) => {
      signal.removeEventListener('abort', expire)
      resolvePromise(value)
    }, fail)
  })
}

const MESSAGES: Record<string, string> = {
  ECONNREFUSED: 'connection refused (no program listens on this port)',
  EHOSTUNREACH: 'no route to this host',
  ENETUNREACH: 'no route to this network',
  ECONNRESET: 'connection reset',
  ETIMEDOUT: 'connection timed out',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate was issued by another CA',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate was issued by another CA',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate was issued by another CA',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for other names',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not use TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the server does not use TLS',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'the server does not support TLS 1.3',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'the server does not support TLS 1.3',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'the server does not accept the client certificate (unknown CA)',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'the server requires a client certificate',
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED': 'the client certificate has expired',
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_REVOKED': 'the client certificate was revoked',
}

/**
 * A server for which the client certificate has expired, or is not yet valid, closes the connection right after the
 * handshake, without an alert. Undefined for any other error.
 */
export function closedAfterHandshake({ code }: NodeJS.ErrnoException, host: string, cert?: string): string | undefined {
  if (code !== 'ECONNRESET' || cert === undefined) return undefined
  const { validFromDate, validToDate } = new X509Certificate(cert)
  const life = `from ${validFromDate.toISOString()} to ${validToDate.toISOString()}`
  return `${host} closed the connection right after the TLS handshake, probably because its clock is wrong: the client certificate is valid ${life}, and the clock of this machine is at ${new Date().toISOString()}`
}

/** The validity of the peer's certificate, and this machine's time. */
function describeValidity(
  { code }: NodeJS.ErrnoException,
  { valid_from: from, valid_to: to }: Partial<PeerCertificate>,
): string {
  if (code !== 'CERT_NOT_YET_VALID' && code !== 'CERT_HAS_EXPIRED') return ''
  if (from === undefined || to === undefined) return ''
  const life = `from ${new Date(from).toISOString()} to ${new Date(to).toISOString()}`
  return `: it is valid ${life}, and the clock of this machine is at ${new Date().toISOString()}`
}

/** In TLS 1.3 a server refuses a client certificate after the handshake, when the request is already sent. */
export function isTlsError({ code = '' }: NodeJS.ErrnoException): boolean {
  return code.startsWith('ERR_SSL_')
}

export function describeError(error: NodeJS.ErrnoException): string {
  return MESSAGES[error.code ?? ''] ?? error.message
}
