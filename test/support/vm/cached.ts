import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDirectory } from '../testbed/bed.ts'
import { withLock } from '../testbed/lock.ts'
import { removeTree } from './debian-tree.ts'

/** A directory of the cache that `make` fills once per value of `inputs`. It is removed if `make` fails. */
export async function cached(
  name: string,
  inputs: unknown,
  signal: AbortSignal | undefined,
  make: (directory: string) => Promise<void>,
): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 12)
  const directory = join(cacheDirectory(), `${name}-${key}`)
  if (existsSync(directory)) return directory
  await mkdir(cacheDirectory(), { recursive: true })
  return withLock(`${directory}.lock`, signal, async () => {
    if (existsSync(directory)) return directory
    const partial = `${directory}.partial`
    await removeTree(partial)
    await mkdir(partial)
    try {
      await make(partial)
      await rename(partial, directory)
    } catch (error) {
      await removeTree(partial)
      throw error
    }
    return directory
  })
}
