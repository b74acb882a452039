import { MOST_URLS } from '../../protocol/wire/session/limits.ts'
import type { Registration } from '../store/shared.ts'

/** Longer than any name of a host. */
const LONGEST_ORIGIN = 300

/**
 * The URLs of this controller and of others on its database. Agents refuse a list with one URL that they cannot use, so what others have
 * registered is checked here.
 */
export function urlsOfAll(own: readonly string[], others: readonly Pick<Registration, 'urls'>[]): string[] {
  return [...new Set([...own, ...others.flatMap(({ urls }) => originsOf(urls))])].slice(0, MOST_URLS)
}

function originsOf(urls: unknown): string[] {
  if (!Array.isArray(urls)) return []
  const found = urls.map((url) => (typeof url === 'string' ? URL.parse(url) : null))
  return found.flatMap((url) => (url?.protocol === 'https:' && url.origin.length <= LONGEST_ORIGIN ? [url.origin] : []))
}
