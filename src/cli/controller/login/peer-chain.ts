import { X509Certificate } from 'node:crypto'
import { connect, type TLSSocket } from 'node:tls'
import { AgentError } from '../../../base/agent-error.ts'
import { bareHost } from '../../../base/net/address.ts'
import { machineCas } from '../../../pki/machine-cas.ts'

const TIMEOUT_MS = 10_000

export interface PeerChain {
  /** Whether a CA of this machine issued the server's certificate, for this name. */
  isTrusted: boolean
  /** The CA at the end of the chain that the server sent; nothing says yet that it is the controller's. */
  ca: X509Certificate | undefined
}

/** Looks at the certificates of a server. Sends it nothing, and ends the connection. */
export function peerChain(url: string): Promise<PeerChain> {
  const { hostname, port } = new URL(url)
  const host = bareHost(hostname)
  return new Promise((resolve, reject) => {
    // Certificates are looked at here, and what is sent later is sent to the one that a person confirmed.
    const options = { host, port: Number(port || 443), ca: machineCas(), rejectUnauthorized: false }
    const name = /^[\d.]+$|:/.test(host) ? {} : { servername: host }
    const socket: TLSSocket = connect({ ...options, ...name, timeout: TIMEOUT_MS }, () => {
      resolve({ isTrusted: socket.authorized, ca: lastOf(socket.getPeerX509Certificate()) })
      // Not destroyed: the server would log a handshake that failed.
      socket.end()
    })
    const fail = (reason: string, cause?: unknown) => {
      socket.destroy()
      const fix = 'check the URL, and that the controller is running (controller serve)'
      const message = `cannot reach the controller at ${url}: ${reason}`
      reject(new AgentError('controller/unreachable', message, { fix, kind: 'unreachable', cause }))
    }
    socket.once('timeout', () => fail('timed out'))
    socket.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message, error))
  })
}

function lastOf(certificate: X509Certificate | undefined): X509Certificate | undefined {
  let last = certificate
  while (last?.issuerCertificate && last.issuerCertificate.fingerprint256 !== last.fingerprint256) {
    last = last.issuerCertificate
  }
  return last?.ca ? new X509Certificate(last.raw) : undefined
}
