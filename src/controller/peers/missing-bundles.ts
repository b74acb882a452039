import { pauseMs, type RetryPolicy } from '../../base/retry.ts'
import { errorMessage } from '../../base/text/error-message.ts'
import type { HasBundles, HasClock, HasLog } from '../ports.ts'
import type { Beat } from '../store/shared.ts'
import { type Fetching, fetchBundle } from './fetch-bundle.ts'

type Ports = HasBundles & Pick<HasClock, 'now'> & HasLog
type Place = Pick<Fetching, 'dataDirectory' | 'adminFile'>

/** A bundle has gigabytes, and what is wrong with it, or with the disk here, does not change soon. */
const AFTER_FAILURE: RetryPolicy = { firstMs: 10_000, factor: 2, longestMs: 3_600_000 }

/**
 * Fetches the bundles that other controllers have and this one lacks, one at a time. One that was deleted here, or that this
 * controller had since its start, is not fetched again.
 */
export function openMissingBundles(
  ports: Ports,
  place: Place,
  fetch: typeof fetchBundle = fetchBundle,
): (others: Beat['controllers']) => Promise<void> {
  const had = new Set<string>()
  /** By bundle. */
  const failed = new Map<string, { times: number; untilMs: number }>()
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

  /** Tries each controller that has the bundle. */
  async function fetchOne(bundle: Fetching['bundle'], others: Beat['controllers']): Promise<void> {
    const { sha256 } = bundle
    const { times, untilMs } = failed.get(sha256) ?? { times: 0, untilMs: 0 }
    if (had.has(sha256) || ports.now().getTime() < untilMs) return
    const holders = others.filter(({ bundles }) => bundles.some((each) => each.sha256 === sha256))
    if (
      await fetchFrom(
        holders.flatMap(({ urls }) => urls),
        bundle,
      )
    )
      had.add(sha256)
    else failed.set(sha256, { times: times + 1, untilMs: ports.now().getTime() + pauseMs(AFTER_FAILURE, times + 1) })
  }

  return async (others) => {
    if (isFetching) return
    isFetching = true
    try {
      await ports.bundles.refresh()
      for (const { sha256 } of ports.bundles.shared()) had.add(sha256)
      for (const sha256 of await ports.bundles.deleted()) had.add(sha256)
      for (const { bundles } of others) for (const bundle of bundles) await fetchOne(bundle, others)
      await ports.bundles.refresh()
    } finally {
      isFetching = false
    }
  }
}
