import { createPrivateKey, X509Certificate } from 'node:crypto'
import { KUBERNETES } from '../../base/kubernetes-paths.ts'
import type { HostView } from '../../host/host.ts'
import { OPERATOR_PKI } from '../../provision/paths.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

const KEY = `${OPERATOR_PKI}/tls.key`
const CERTIFICATE = `${OPERATOR_PKI}/tls.crt`

export const issueCertificate: ProvisionStep = {
  id: 'operator-certificate/issue',
  title: "Issuing the operator's certificate",
  isDone: (host, { controller }) => isIssued(host, controller.ca),
  async apply(host, params) {
    const { createKeyPair, keyToPem } = await import('../../pki/key.ts')
    const { buildCsr } = await import('../../pki/csr.ts')
    await host.makeDirectory(KUBERNETES)
    await host.makeDirectory(OPERATOR_PKI, 0o700)
    const { privateKey } = createKeyPair()
    const certificate = await params.requestOperatorCertificate(buildCsr(privateKey, 'operator'))
    await host.write(KEY, keyToPem(privateKey), 0o600)
    await host.write(CERTIFICATE, certificate, 0o600)
  },
}

export async function hasCertificate(host: HostView): Promise<boolean> {
  return (await host.stat(CERTIFICATE)) !== undefined
}

/** Each provision after that renews it, so that it does not expire in a cluster that is provisioned again now and then. */
function isHalfOver({ validFromDate, validToDate }: X509Certificate, now: Date): boolean {
  return now.getTime() > (validFromDate.getTime() + validToDate.getTime()) / 2
}

async function isIssued(host: HostView, ca: string): Promise<boolean> {
  const [pem, key] = await Promise.all([host.read(CERTIFICATE), host.read(KEY)])
  if (pem === undefined || key === undefined) return false
  const certificate = new X509Certificate(pem)
  if (!certificate.checkPrivateKey(createPrivateKey(key))) return false
  // A controller that was set up again has another CA, and does not accept the former certificate. While one rotates its keys,
  // the newest CA is last.
  const newest = new X509Certificate(ca.slice(ca.lastIndexOf('-----BEGIN')))
  return certificate.verify(newest.publicKey) && !isHalfOver(certificate, host.now())
}
