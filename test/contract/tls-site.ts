import type { RequestListener } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import { createCa, issueCertificate } from '../../src/pki/certificate.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'

export interface TlsSite {
  server: Server
  /** https://localhost:PORT */
  url: string
  port: number
  /** The credentials of a client. */
  identity: { ca: string; cert: string; key: string }
  close(): Promise<void>
}

/** An HTTPS server on loopback that requires a client certificate of its CA. */
export async function openTlsSite(
  listener: RequestListener,
  limits: Pick<SecureContextOptions, 'maxVersion'> = {},
): Promise<TlsSite> {
  const now = new Date()
  const ca = createCa({ commonName: 'test', days: 1, now })
  const issue = (commonName: string, usage: 'clientAuth' | 'serverAuth') => {
    const { privateKey, publicKey } = createKeyPair()
    const cert = issueCertificate({
      ca,
      publicKey,
      commonName,
      dnsNames: ['localhost'],
      usages: [usage],
      notBefore: now,
      days: 1,
    })
    return { ca: ca.certificate, cert, key: keyToPem(privateKey) }
  }
  const server = createServer(
    { ...issue('server', 'serverAuth'), requestCert: true, rejectUnauthorized: true, ...limits },
    listener,
  )
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    server,
    port,
    url: `https://localhost:${port}`,
    identity: issue('client', 'clientAuth'),
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
