import { X509Certificate } from 'node:crypto'
import type { Authority } from '../authority.ts'

export interface ServerKeys {
  /** PEM. */
  cert: string
  key: string
  /** PEM of the CAs whose client certificates are accepted. */
  ca: string
}

/** It is renewed after this part of its validity. */
const RENEW_AFTER = 2 / 3

/**
 * The server certificate of the controller's CA. The function returns the same object until a new certificate is due by the
 * clock, which may have been set back, or the authority has other CAs.
 */
export function ownCertificate(
  authority: Pick<Authority, 'ca' | 'serverCertificate'>,
  hosts: readonly string[],
): (now: Date) => ServerKeys {
  let present: { keys: ServerKeys; fromMs: number; untilMs: number } | undefined
  return (now) => {
    const isDue = !present || now.getTime() < present.fromMs || now.getTime() >= present.untilMs
    if (present && !isDue && present.keys.ca === authority.ca) return present.keys
    const { certificate, key } = authority.serverCertificate(hosts, now)
    const { validFromDate: from, validToDate: to } = new X509Certificate(certificate)
    const fromMs = from.getTime()
    const untilMs = fromMs + (to.getTime() - fromMs) * RENEW_AFTER
    present = { keys: { cert: certificate, key, ca: authority.ca }, fromMs, untilMs }
    return present.keys
  }
}
