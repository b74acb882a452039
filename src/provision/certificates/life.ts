import type { X509Certificate } from 'node:crypto'
import { isDueForRenewal } from '../../protocol/certificates/expiry.ts'

type Dates = Pick<X509Certificate, 'validFromDate' | 'validToDate'>

/** Whether a certificate is valid, and its renewal is not due. */
export function isFresh({ validFromDate, validToDate }: Dates, now: Date): boolean {
  return !isDueForRenewal({ notBefore: validFromDate.toISOString(), notAfter: validToDate.toISOString() }, now)
}

export function isExpired({ validToDate }: Pick<Dates, 'validToDate'>, now: Date): boolean {
  return validToDate <= now
}
