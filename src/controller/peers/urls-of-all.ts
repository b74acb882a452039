import { MOST_URLS } from '../../protocol/wire/session/limits.ts'
import type { Registration } from '../store/shared.ts'

/** Longer than any name of a host. */
const LONGEST_ORIGIN = 300
/** A controller that restarts, or is down for some hours, is found again. */
const DAY_MS = 86_400_000
const MOST_REMEMBERED = 4 * MOST_URLS

/**
 * The URLs of this controller and of others on its database, which have a registration or had one within a day. Agents refuse a list
 * with one URL that they cannot use, so what others have registered is checked here.
 */
export function openUrls(
  own: readonly string[],
  now: () => Date,
): (others: readonly Pick<Registration, 'urls'>[]) => string[] {
  /** When each URL of others was registered last; the most recent is last. */
  const seen = new Map<string, number>()
  return (others) => {
    const live = others.flatMap(({ urls }) => originsOf(urls))
    const nowMs = now().getTime()
    for (const url of live.toReversed()) {
      seen.delete(url)
      seen.set(url, nowMs)
    }
    for (const [url, atMs] of seen) if (nowMs - atMs > DAY_MS || seen.size > MOST_REMEMBERED) seen.delete(url)
    return [...new Set([...own, ...[...seen.keys()].reverse()])].slice(0, MOST_URLS)
  }
}

function originsOf(urls: unknown): string[] {
  if (!Array.isArray(urls)) return []
  const found = urls.map((url) => (typeof url === 'string' ? URL.parse(url) : null))
  return found.flatMap((url) => (url?.protocol === 'https:' && url.origin.length <= LONGEST_ORIGIN ? [url.origin] : []))
}
