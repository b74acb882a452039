import { type FileHandle, open } from 'node:fs/promises'
import { AgentError } from '../../../../base/agent-error.ts'
import { errorMessage } from '../../../../base/text/error-message.ts'
import { digestOf } from '../../../../bundle/make/write-hashed.ts'
import { MAX_IMAGE_BYTES, UPLOAD_PART_BYTES } from '../../../../protocol/images/limits.ts'
import { imageRoutes } from '../../../../protocol/images/routes.ts'
import type { AdminClient } from '../../session/client.ts'

/** A link of 70 kB/s sends a part in this time. */
const PART_MS = 60_000

/** Sends an archive in parts, and continues what an interrupted command sent. Returns its SHA-256 sum. */
export async function uploadArchive(
  client: Pick<AdminClient, 'ask'>,
  cluster: string,
  archive: string,
): Promise<string> {
  const file = await open(archive).catch((cause: unknown) => {
    const fix = 'pass the path of an archive, for example of: docker save --output image.tar REGISTRY/NAME:TAG'
    throw new AgentError('images/no-archive', `cannot read ${archive}: ${errorMessage(cause)}`, {
      fix,
      kind: 'invalid',
      cause,
    })
  })
  try {
    const size = await sizeOf(file, archive)
    const sha256 = await sha256Of(file)
    const params = { name: cluster, sha256 }
    const send = async (offset: number, bytes: Uint8Array) => {
      const query = { offset, size }
      return (await client.ask(imageRoutes.uploadImages, { params, query, body: bytes }, { waitMs: PART_MS })).received
    }
    // An empty part asks what has arrived.
    let received = await send(0, new Uint8Array())
    while (received < size) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(UPLOAD_PART_BYTES), 0, UPLOAD_PART_BYTES, received)
      if (bytesRead === 0) throw changed(archive)
      received = await send(received, buffer.subarray(0, bytesRead))
    }
    return sha256
  } finally {
    await file.close()
  }
}

async function sizeOf(file: FileHandle, archive: string): Promise<number> {
  const stat = await file.stat()
  if (stat.isFile() && stat.size > 0 && stat.size <= MAX_IMAGE_BYTES) return stat.size
  const found = stat.isFile() ? `a file of ${stat.size} bytes` : 'a directory, or no regular file'
  throw new AgentError(
    'images/no-archive',
    `${archive} is ${found}; wanted an archive of 1 byte to ${MAX_IMAGE_BYTES / 2 ** 30} GiB`,
    {
      fix: 'save the images to one or several files: docker save --output image.tar REGISTRY/NAME:TAG',
      kind: 'invalid',
    },
  )
}

async function sha256Of(file: FileHandle): Promise<string> {
  return (await digestOf(file.createReadStream({ start: 0, autoClose: false, highWaterMark: 1024 * 1024 }))).sha256
}

const changed = (archive: string) =>
  new AgentError('images/no-archive', `${archive} became shorter while it was sent`, {
    fix: 'wait until it is complete, then run the same command again',
    kind: 'invalid',
  })
