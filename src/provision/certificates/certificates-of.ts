import { X509Certificate } from 'node:crypto'
import type { HostView } from '../../host/host.ts'
import type { NodeCertificate } from '../../protocol/certificates/node-certificate.ts'
import { CERTIFICATE_PLACES, type CertificatePlace } from './places.ts'

/** The certificates of these places that exist and can be read, in their order. Their dates are in ISO 8601. */
export async function certificatesOf(
  host: Pick<HostView, 'read'>,
  places: readonly CertificatePlace[] = CERTIFICATE_PLACES,
): Promise<NodeCertificate[]> {
  const found = await Promise.all(places.map((place) => certificateAt(host, place)))
  const byName = new Map<string, NodeCertificate>()
  for (const each of found) if (each && !byName.has(each.name)) byName.set(each.name, each)
  return [...byName.values()]
}

async function certificateAt(
  host: Pick<HostView, 'read'>,
  { path, ...described }: CertificatePlace,
): Promise<NodeCertificate | undefined> {
  const certificate = readCertificate(await host.read(path))
  if (!certificate) return undefined
  const { validFromDate, validToDate } = certificate
  return { ...described, notBefore: validFromDate.toISOString(), notAfter: validToDate.toISOString() }
}

const IN_KUBECONFIG = /^\s+client-certificate-data: (\S+)$/m

/** The first certificate in PEM, or the one of a kubeconfig's client. Undefined if there is none, or it is damaged. */
export function readCertificate(text: string | undefined): X509Certificate | undefined {
  const [, data] = IN_KUBECONFIG.exec(text ?? '') ?? []
  const pem = data === undefined ? text : Buffer.from(data, 'base64').toString()
  try {
    return new X509Certificate(pem ?? '')
  } catch {
    return undefined
  }
}
