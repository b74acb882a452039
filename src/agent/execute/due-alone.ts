import type { NodeCertificate } from '../../protocol/certificates/node-certificate.ts'
import { CERTIFICATE_PLACES } from '../../provision/certificates/places.ts'
import type { When } from '../service/certificates/when.ts'

const YEAR_MS = 365 * 86_400_000
/** The controller renews at a third, so that it has a month for a certificate of a year. */
const LEFT = { expired: 0, soon: 1 / 4 } as const

/**
 * The names of the certificates that a master renews without the controller. One that is missing counts as expired: the power
 * may have been cut while it was renewed.
 */
export function dueAlone(certificates: readonly NodeCertificate[], when: When, now: Date): string[] {
  const missing = ALONE.filter(({ name }) => !certificates.some((certificate) => certificate.name === name))
  const due = certificates.filter((certificate) => isDue(certificate, when, now))
  return [...missing, ...due].map(({ name }) => name)
}

const isAlone = ({ owner, renewedBy }: Pick<NodeCertificate, 'owner' | 'renewedBy'>) =>
  // The controller signs the others.
  renewedBy === 'agent' && (owner === 'kubernetes' || owner === 'etcd')
const ALONE = CERTIFICATE_PLACES.filter(isAlone)

function isDue(certificate: NodeCertificate, when: When, now: Date): boolean {
  const { notBefore, notAfter } = certificate
  const leftMs = Date.parse(notAfter) - now.getTime()
  // The kubelet renews its own, until it has expired.
  if (certificate.renewedBy === 'kubelet') return leftMs <= 0
  const lifeMs = Math.min(Date.parse(notAfter) - Date.parse(notBefore), YEAR_MS)
  return isAlone(certificate) && leftMs <= lifeMs * LEFT[when]
}
