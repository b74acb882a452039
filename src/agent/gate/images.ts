import { errorMessage } from '../../base/text/error-message.ts'
import type { Images } from '../../protocol/wire/lists/images.ts'
import type { Signed } from '../../protocol/wire/signed.ts'
import { knownImages, writeImagesFile } from '../added-images.ts'
import type { Log } from '../log.ts'
import type { AgentPaths } from '../paths.ts'
import { type Knowledge, openSigned, type SignedKind } from './open-signed.ts'

export interface ImagesOptions extends Pick<Knowledge<Images>, 'instructionKeys' | 'nodeId'> {
  paths: AgentPaths
  log: Log
  now(): Date
  after(ms: number, then: () => void): void
  /** Called if a list had expired when it arrived: the controller sends it again to the next session. */
  onExpired(): void
  /** Called after the list is durable. */
  onList(): void
}

export const IMAGES: SignedKind<Images> = {
  code: 'images',
  noun: 'list of images',
  schema: async () => (await import('../../protocol/wire/lists/images.ts')).Images,
}

const AGAIN_MS = 60_000

/**
 * Stores the list of the images that people added to the cluster. An earlier list changes nothing. One that is not accepted, or cannot be
 * stored, is logged: the node has other work, for which it stays connected. What may pass is tried again.
 */
export function imagesTaker(options: ImagesOptions): (signed: Signed) => Promise<void> {
  const { paths, log, onList, after } = options
  let last: Signed | undefined
  async function take(signed: Signed): Promise<void> {
    const opened = await openSigned(IMAGES, signed, { ...options, now: options.now() })
    if (opened.kind === 'refused') {
      const { code, message } = opened.error
      log('error', `refused: ${message} (${code})`)
      // Not at once: while the clock is wrong, each session would end so.
      if (code === 'images/expired') after(AGAIN_MS, options.onExpired)
      return
    }
    const { issuedAt, images } = opened.body
    const present = knownImages(paths)
    // The controller issues a list later than the one that the hello names, whatever its clock says.
    if (present && present.issuedAt >= issuedAt) return
    try {
      writeImagesFile(paths, signed)
    } catch (error) {
      log('error', `cannot store the list of images, retrying: ${errorMessage(error)}`)
      return after(AGAIN_MS, () => void (signed === last && take(signed)))
    }
    log('info', `images added to this cluster: ${images.map(({ name }) => name).join(', ') || 'none'}`)
    onList()
  }
  return (signed) => {
    last = signed
    return take(signed)
  }
}
