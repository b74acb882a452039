import { createCa, issueCertificate } from '../../../src/pki/certificate.ts'
import { createKeyPair, keyToPem } from '../../../src/pki/key.ts'

export interface ServerCertificate {
  /** PEM of the CA, of the certificate and of its key. */
  ca: string
  certificate: string
  key: string
}

/** Of a CA of its own, for 127.0.0.1 and these names. */
export function serverCertificate(commonName: string, dnsNames: readonly string[] = []): ServerCertificate {
  const now = new Date(Date.now() - 60_000)
  const ca = createCa({ commonName, days: 30, now })
  const { privateKey, publicKey } = createKeyPair()
  const usages: ['serverAuth'] = ['serverAuth']
  const names = { commonName, dnsNames, ipAddresses: ['127.0.0.1'] }
  const certificate = issueCertificate({ ca, publicKey, ...names, usages, notBefore: now, days: 30 })
  return { ca: ca.certificate, certificate, key: keyToPem(privateKey) }
}
