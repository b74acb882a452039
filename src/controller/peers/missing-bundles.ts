import { errorMessage } from '../../base/text/error-message.ts'
import type { HasBundles, HasClock, HasLog } from '../ports.ts'
import type { Beat } from '../store/shared.ts'
import { type Fetching, fetchBundle } from './fetch-bundle.ts'

type Ports = HasBundles & Pick<HasClock, 'now'> & HasLog
type Place = Pick<Fetching, 'dataDirectory' | 'adminFile'>

/**
 * Fetches the bundles that other controllers have and this one lacks, one at a time. One that this controller had since its start
 * was deleted by an administrator, and is not fetched again.
 */
export function openMissingBundles(
  ports: Ports,
  place: Place,
  fetch: typeof fetchBundle = fetchBundle,
): (others: Beat['controllers']) => Promise<void> {
  const had = new Set<string>()
  let isFetching = false

  async function fetchFrom(urls: readonly string[], bundle: Fetching['bundle']): Promise<boolean> {
    for (const url of urls) {
      try {
        await fetch({ ...place, url, bundle, now: ports.now() })
        ports.log(`bundle ${bundle.sha256} was fetched from ${url}`)
        return true
      } catch (error) {
        ports.log(`bundle ${bundle.sha256} cannot be fetched from ${url}: ${errorMessage(error)}`)
      }
    }
    return false
  }

  return async (others) => {
    if (isFetching) return
    isFetching = true
    try {
      await ports.bundles.refresh()
      for (const { sha256 } of ports.bundles.shared()) had.add(sha256)
      for (const { urls, bundles } of others)
        for (const bundle of bundles)
          if (!had.has(bundle.sha256) && (await fetchFrom(urls, bundle))) had.add(bundle.sha256)
      await ports.bundles.refresh()
    } finally {
      isFetching = false
    }
  }
}
