import type { IncomingMessage } from 'node:http'
import { refusal } from '../../domain/admission.ts'

type Asking = Pick<IncomingMessage, 'headers' | 'method'>

export const isUnsafe = ({ method }: Asking): boolean => method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS'

/** Refuses what a page of another site lets a browser send. Other programs send neither header. */
export function requireSameOrigin({ headers }: Asking): void {
  const { origin, host } = headers
  const site = headers['sec-fetch-site']
  const isOwn = origin === undefined || origin.toLowerCase() === `https://${host?.toLowerCase()}`
  if (isOwn && (site === undefined || site === 'same-origin' || site === 'none')) return
  const fix = 'open the page of the controller itself'
  throw refusal('request/other-origin', 'the request comes from a page of another site', fix)
}
