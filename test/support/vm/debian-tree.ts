import { rm } from 'node:fs/promises'
import { unmountBelow } from '../testbed/mounts.ts'
import { must } from '../testbed/run.ts'

const LIMIT_MS = 900_000

/** Installs a Debian suite with these packages below `directory`. Removes the directory on failure. */
export async function debianTree(
  directory: string,
  suite: string,
  packages: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  await removeTree(directory)
  const mirror = process.env.CANTRIP_DEBIAN_MIRROR
  const options = ['--variant=minbase', `--include=${packages.join(',')}`]
  try {
    await must(['debootstrap', ...options, suite, directory, ...(mirror ? [mirror] : [])], {
      ...(signal && { signal }),
      timeoutMs: LIMIT_MS,
    })
  } catch (error) {
    await removeTree(directory)
    throw error
  }
}

/** debootstrap may leave /proc and /sys mounted when it is interrupted. */
export async function removeTree(directory: string): Promise<void> {
  await unmountBelow(directory)
  await rm(directory, { recursive: true, force: true })
}
