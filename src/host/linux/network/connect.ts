/** Sockets on the way to an HTTP server, stage by stage, so that an error can say how far it came. */
import { X509Certificate } from 'node:crypto'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import type { Certificate, PeerCertificate } from 'node:tls'
import { NetworkError, type Stage, type TlsIdentity } from '../../network.ts'
import { ask } from '../commands.ts'

export interface Target {
  host: string
  port: number
}

/** Anything a stage waits for ends with the deadline. */
export interface Deadline {
  signal: AbortSignal
  timeoutMs: number
}

export function deadline(timeoutMs: number, signal?: AbortSignal): Deadline {
  const late = AbortSignal.timeout(timeoutMs)
  return { signal: signal === undefined ? late : AbortSignal.any([late, signal]), timeoutMs }
}

/**
 * In a process of its own: one of ours can't be given up, holds a thread that files are read with, and keeps the program
 * from ending, for as long as the name servers hang. getent(1) asks what getaddrinfo(3) asks.
 */
export async function resolve(name: string, { signal, timeoutMs }: Deadline): Promise<string[]> {
  if (isIP(name) !== 0) return [name]
  try {
    const { exitCode, stdout } = await ask(['getent', 'ahosts', '--', name], { timeoutMs, signal })
    const addresses = stdout.split('\n').flatMap((line) => line.split(/\s/, 1)[0] || [])
    if (exitCode === 0) return [...new Set(addresses)]
  } catch (cause) {
    if (signal.aborted || (cause as { code?: unknown }).code === 'command/timeout')
      throw new NetworkError('resolve', `the name servers gave no answer for ${name} in ${timeoutMs} ms`, { cause })
    throw new NetworkError('resolve', `${name} cannot be looked up: ${describeError(cause as Error)}`, { cause })
  }
  throw new NetworkError('resolve', `${name} does not resolve`)
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
  return settle(socket, stage, signal, `${shown} gave no answer in ${timeoutMs} ms`, (done, fail) => {
    socket.once('connect', () => done(socket))
    socket.once('error', (error: NodeJS.ErrnoException) => fail(`${shown}: ${describeError(error)}`, error))
  })
}

export async function openTls(
  raw: Socket,
  to: Target,
  identity: TlsIdentity | undefined,
  { signal, timeoutMs }: Deadline,
): Promise<Socket> {
  // Loaded now, for whoever only asks whether a port is open, and for an agent that dials before it has loaded all.
  const { connect: connectTls } = await import('node:tls')
  const socket = connectTls({
    socket: raw,
    host: to.host,
    ...(isIP(to.host) === 0 && { servername: to.host }),
    ...identity,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
  })
  return settle(
    socket,
    'tls',
    signal,
    `no TLS handshake with ${to.host}:${to.port} in ${timeoutMs} ms`,
    (done, fail) => {
      let peer: Partial<PeerCertificate> = {}
      // Before Node's own listener, which judges the certificate and, where it is refused, takes the connection down.
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

/** Whom we met, in words: an inspecting proxy, or the server of somebody else, is known by its names. */
function describeCertificate({ subject, issuer }: Partial<PeerCertificate>): string {
  if (subject === undefined || issuer === undefined) return ''
  return ` (what answered shows ${nameOf(subject)}, issued by ${nameOf(issuer)})`
}

/** Text of a stranger: cut short, and only what can be printed. */
function nameOf({ CN, O, OU }: Certificate): string {
  const name = [CN ?? O ?? OU].flat()[0]?.replace(/[^\x20-\x7e]/g, '?') ?? ''
  return name === '' ? 'no name' : `"${name.slice(0, MOST_OF_A_NAME)}"`
}

/** Resolves or rejects once, destroys the socket on the way out of a failure, and leaves no listener behind. */
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
  ECONNREFUSED: 'connection refused (nothing listens there)',
  EHOSTUNREACH: 'no route to that host',
  ENETUNREACH: 'no route to that network',
  ECONNRESET: 'connection reset',
  ETIMEDOUT: 'connection timed out',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is of another CA',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is of another CA',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is of another CA',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet (is the clock right?)',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for other names',
  ERR_SSL_WRONG_VERSION_NUMBER: 'what answers there does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'what answers there does not speak TLS',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'it does not take our certificate (it does not know the CA)',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it wants a certificate of ours',
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED': 'our certificate has expired',
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_REVOKED': 'our certificate was revoked',
}

/**
 * A server that takes our certificate for expired, or for not yet valid, ends the connection without a word, once the
 * handshake is done. Undefined for any other end.
 */
export function closedAfterHandshake({ code }: NodeJS.ErrnoException, host: string, cert?: string): string | undefined {
  if (code !== 'ECONNRESET' || cert === undefined) return undefined
  const { validFromDate, validToDate } = new X509Certificate(cert)
  const life = `from ${validFromDate.toISOString()} to ${validToDate.toISOString()}`
  return `${host} closed the connection right after the TLS handshake, as it does where its clock is wrong: our certificate is valid ${life}, and it is ${new Date().toISOString()} here`
}

/** By which clock a certificate is not valid: what it says, and what this machine says. */
function describeValidity(
  { code }: NodeJS.ErrnoException,
  { valid_from: from, valid_to: to }: Partial<PeerCertificate>,
): string {
  if (code !== 'CERT_NOT_YET_VALID' && code !== 'CERT_HAS_EXPIRED') return ''
  if (from === undefined || to === undefined) return ''
  const life = `from ${new Date(from).toISOString()} to ${new Date(to).toISOString()}`
  return `: it is valid ${life}, and it is ${new Date().toISOString()} here`
}

/** In TLS 1.3 a server refuses our certificate after the handshake, when we wait for its answer already. */
export function isTlsError({ code = '' }: NodeJS.ErrnoException): boolean {
  return code.startsWith('ERR_SSL_')
}

export function describeError(error: NodeJS.ErrnoException): string {
  return MESSAGES[error.code ?? ''] ?? error.message
}
