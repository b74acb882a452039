import type { NodeCertificate } from './node-certificate.ts'

const DAY_MS = 86_400_000
const YEAR_MS = 365 * DAY_MS

/** `soon`: its renewal has failed for weeks; `urgent`: somebody has to act. */
export const EXPIRY_STATES = ['valid', 'soon', 'urgent', 'expired'] as const
export type ExpiryState = (typeof EXPIRY_STATES)[number]

/** Warned of so early: people plan maintenance by months. */
export const SOON_DAYS = 60
export const URGENT_DAYS = 14
/** Of a certificate that lives less than half a year, such as the one of an agent: after the last moment at which it is renewed. */
const SHORT_LIFE_MS = 180 * DAY_MS
const SHORT = { soon: 1 / 12, urgent: 1 / 30 }

/** A certificate is renewed after this part of its life. */
const RENEWED_AFTER = 2 / 3

type Dates = Pick<NodeCertificate, 'notBefore' | 'notAfter'>

/** Each pass over 5,000 nodes asks for those of all their certificates, which are the same objects until a node reports others. */
const known = new WeakMap<Dates, { beforeMs: number; afterMs: number }>()

function timesOf(dates: Dates): { beforeMs: number; afterMs: number } {
  const before = known.get(dates)
  if (before) return before
  const times = { beforeMs: Date.parse(dates.notBefore), afterMs: Date.parse(dates.notAfter) }
  known.set(dates, times)
  return times
}

export function expiryStateOf(dates: Dates, now: Date): ExpiryState {
  const leftMs = timesOf(dates).afterMs - now.getTime()
  if (leftMs <= 0) return 'expired'
  const lifeMs = lifeOf(dates)
  const isShort = lifeMs < SHORT_LIFE_MS
  if (leftMs <= (isShort ? lifeMs * SHORT.urgent : URGENT_DAYS * DAY_MS)) return 'urgent'
  return leftMs <= (isShort ? lifeMs * SHORT.soon : SOON_DAYS * DAY_MS) ? 'soon' : 'valid'
}

/** Whether two thirds of its life are over, or it is not valid yet. */
export function isDueForRenewal(dates: Dates, now: Date): boolean {
  return now.getTime() < timesOf(dates).beforeMs || partLeft(dates, now) <= 1 - RENEWED_AFTER
}

/** The clock was in the future when it was issued. */
export function isNotYetValid({ notBefore }: Pick<Dates, 'notBefore'>, now: Date): boolean {
  return now.getTime() < Date.parse(notBefore)
}

/** How much of its life is left: at most 1; 0 or less once it has expired. */
export function partLeft(dates: Dates, now: Date): number {
  return (timesOf(dates).afterMs - now.getTime()) / lifeOf(dates)
}

/** At most a year: kubeadm dates the certificates of new kubeconfigs back to the creation of their CA. */
function lifeOf(dates: Dates): number {
  const { beforeMs, afterMs } = timesOf(dates)
  return Math.min(afterMs - beforeMs, YEAR_MS)
}
