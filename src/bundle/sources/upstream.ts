import { join } from 'node:path'
import type { Clock } from '../../base/retry.ts'
import { download } from '../download/download.ts'
import { type Logins, type Network, openHttp } from '../download/http.ts'
import { type Lock, readLock, requireSame, writeLock } from '../download/lock.ts'
import { type Mirrors, placesOf } from '../download/places.ts'
import { openSignatures, type SignatureKeys } from '../download/signatures/signatures.ts'
import { treeSource } from './dir.ts'
import type { Source } from './source.ts'

export interface UpstreamOptions extends Mirrors {
  network: Network
  clock: Clock
  logins?: Logins | undefined
  /** Whose signatures are checked. */
  keys?: SignatureKeys | undefined
  /** A file with what may be taken. It is written if it does not exist. */
  lock?: string | undefined
  /** Writes the lock file again. */
  updateLock?: boolean | undefined
  /** The lock file has to exist, and nothing in it may change. */
  locked?: boolean | undefined
}

const NO_KEYS: SignatureKeys = { pgp: new Map(), cosign: new Map() }
const ADVICE = 'the server has other files than the project published: ask who maintains it, or use another one'

/** Downloads what the projects publish, from their servers or from mirrors of them. Downloads stay in the cache. */
export function upstreamSource(options: UpstreamOptions): Source {
  const { network, clock, logins = {}, keys = NO_KEYS, lock: lockFile, updateLock, locked, ...mirrors } = options
  return async (context) => {
    const places = placesOf(mirrors)
    const lock = lockFile === undefined || updateLock ? undefined : await readLock(lockFile, context, locked)
    const signatures = await openSignatures(keys, context.scratch)
    let taken: Lock | undefined
    const source = treeSource(async () => {
      const http = await openHttp(network)
      try {
        const directory = join(context.cache.directory, 'downloads')
        const transport = { http, clock, logins }
        const downloaded = await download({ transport, places, signatures, directory, lock }, context)
        taken = downloaded.lock
        return downloaded.tree
      } finally {
        await http.close()
      }
    }, ADVICE)
    const items = await source(context)
    if (locked && lockFile !== undefined && lock !== undefined && taken !== undefined)
      requireSame(lockFile, lock, taken)
    if (lockFile !== undefined && lock === undefined && taken !== undefined) {
      writeLock(lockFile, taken)
      context.cache.progress(`${lockFile} is written: review it, and keep it for later builds`)
    }
    return items
  }
}
