import type { X509Certificate } from 'node:crypto'

const YEAR_MS = 365 * 86_400_000
/** Renewed at two thirds of its life. */
const LEFT = 1 / 3

type Dates = Pick<X509Certificate, 'validFromDate' | 'validToDate'>

/**
 * Whether a certificate is valid, and more than a third of its life is left. A life counts as a year at most: kubeadm dates
 * the certificates of new kubeconfigs back to the creation of their CA.
 */
export function isFresh({ validFromDate, validToDate }: Dates, now: Date): boolean {
  const lifeMs = Math.min(validToDate.getTime() - validFromDate.getTime(), YEAR_MS)
  return validFromDate <= now && validToDate.getTime() - now.getTime() > lifeMs * LEFT
}

export function isExpired({ validToDate }: Pick<Dates, 'validToDate'>, now: Date): boolean {
  return validToDate <= now
}
