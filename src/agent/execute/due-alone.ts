import { isNotYetValid, partLeft } from '../../protocol/certificates/expiry.ts'
import type { NodeCertificate } from '../../protocol/certificates/node-certificate.ts'
import { CERTIFICATE_PLACES } from '../../provision/certificates/places.ts'
import { SUPER_ADMIN_CONF } from '../../provision/paths.ts'
import type { When } from '../service/certificates/when.ts'

/** The controller renews at a third, so that it has a month for a certificate of a year. */
const LEFT = { expired: 0, soon: 1 / 4 } as const

/**
 * The names of the certificates that a master renews without the controller. One that is missing, or not valid yet, counts as
 * expired: the power may have been cut, or the clock in the future, while it was renewed. An administrator may have deleted
 * super-admin.conf.
 */
export function dueAlone(certificates: readonly NodeCertificate[], when: When, now: Date): string[] {
  const missing = NEEDED.filter(({ name }) => !certificates.some((certificate) => certificate.name === name))
  const due = certificates.filter((certificate) => isDue(certificate, when, now))
  return [...missing, ...due].map(({ name }) => name)
}

/** The first end of a certificate that a master renews without the controller: until then, none of them expires. ISO 8601. */
export function firstEnd(certificates: readonly NodeCertificate[]): string | null {
  const [first] = certificates
    .filter((each) => isAlone(each) || each.renewedBy === 'kubelet')
    .map(({ notAfter }) => notAfter)
    .sort()
  return first ?? null
}

const isAlone = ({ owner, renewedBy }: Pick<NodeCertificate, 'owner' | 'renewedBy'>) =>
  // The controller signs the others.
  renewedBy === 'agent' && (owner === 'kubernetes' || owner === 'etcd')
const NEEDED = CERTIFICATE_PLACES.filter((place) => isAlone(place) && place.path !== SUPER_ADMIN_CONF)

function isDue(certificate: NodeCertificate, when: When, now: Date): boolean {
  const left = partLeft(certificate, now)
  // The kubelet renews its own, until it has expired.
  if (certificate.renewedBy === 'kubelet') return left <= 0
  return isAlone(certificate) && (left <= LEFT[when] || isNotYetValid(certificate, now))
}
