import { AgentError } from '../../base/agent-error.ts'
import { MAX_IMAGE_BYTES } from '../../protocol/images/limits.ts'

/** What the database and the log of the controller need. */
const RESERVE_BYTES = 512 * 1024 ** 2

/** What taking an archive apart needs, as a multiple of its size: its files, and an archive of each image with its copy. */
export const TIMES_TAKEN = 3
/** An archive, and its copy. */
export const TIMES_PUBLISHED = 2

/** Throws unless the disk has room for so many bytes, and for the controller's own work. */
export function requireRoom(freeBytes: number, bytes: number): void {
  const wanted = bytes + RESERVE_BYTES
  if (freeBytes >= wanted) return
  throw new AgentError(
    'images/no-space',
    `found ${mib(freeBytes)} free in the data directory of the controller; wanted ${mib(wanted)}`,
    {
      fix: 'make room on the machine of the controller, for example delete bundles that no cluster uses; then run the same command again',
      kind: 'unreachable',
    },
  )
}

export function tooLarge(bytes: number): AgentError {
  return new AgentError(
    'images/too-large',
    `found an archive of ${mib(bytes)}; wanted at most ${mib(MAX_IMAGE_BYTES)}`,
    {
      fix: 'save fewer images in one archive, and add one archive after another',
      kind: 'invalid',
    },
  )
}

export const mib = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`
