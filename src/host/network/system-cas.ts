import type { HostView } from '../host.ts'

/** The first that exists is the one that Go reads: see crypto/x509/root_linux.go. */
const FILES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/ca-bundle.pem']

/** The CAs that the programs of this machine trust, as PEM; empty if it has none. */
export async function systemCas(host: HostView): Promise<string> {
  const texts = await Promise.all(FILES.map((path) => host.read(path)))
  return texts.find((text) => text !== undefined) ?? ''
}
