import { createReadStream, readFileSync } from 'node:fs'
import { readdir, realpath } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { type Archive, archiveOf, type Blob, newBlob } from '../closure/archive.ts'

/** How a layer is compressed is in its first bytes. An archive can have many files: no more of each is kept. */
const HEAD_BYTES = 16

/** The files of an image in a directory: an OCI layout, what skopeo writes for `dir:`, or an unpacked archive. */
export interface ImageFiles extends Archive {
  /** The file on disk with this path in the archive. */
  locate(path: string): string
}

/** Reads and hashes all files of the directory. A link to a file outside of it is not followed. */
export async function readImageFiles(directory: string): Promise<ImageFiles> {
  const root = await realpath(directory)
  const files = new Map<string, { blob: Blob; file: string }>()
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() && !entry.isSymbolicLink()) continue
    const path = join(entry.parentPath, entry.name)
    const target = await realpath(path).catch(() => undefined)
    if (!target?.startsWith(root + sep)) continue
    files.set(relative(root, path), { blob: await blobOf(target), file: target })
  }
  const locate = (path: string) => {
    const found = files.get(path)
    if (found === undefined) throw new Error(`${path} is not in ${directory}`)
    return found.file
  }
  return {
    ...archiveOf(
      (path) => files.get(path)?.blob,
      (path) => readFileSync(locate(path)),
    ),
    locate,
  }
}

/** What skopeo writes for `dir:` as an OCI layout. It has no name; `name` is that of its image. */
export function layoutOfDir(files: ImageFiles, name: string): ImageFiles {
  const root = files.file('manifest.json')
  const digest = `sha256:${root?.sha256}`
  const index = JSON.stringify({
    manifests: [{ digest, size: root?.size ?? 0, annotations: { 'io.containerd.image.name': name } }],
  })
  const own = (path: string) => {
    const hex = path.replace('blobs/sha256/', '')
    if (hex === root?.sha256) return 'manifest.json'
    return files.file(hex) === undefined ? `${hex}.manifest.json` : hex
  }
  const indexBlob = newBlob()
  indexBlob.add(Buffer.from(index))
  const made = indexBlob.end()
  const file = (path: string) => (path === 'index.json' ? made : files.file(own(path)))
  const locate = (path: string) => files.locate(own(path))
  const content = (path: string) => (path === 'index.json' ? made.head : readFileSync(locate(path)))
  return { ...archiveOf(file, content), locate }
}

async function blobOf(file: string): Promise<Blob> {
  const blob = newBlob(HEAD_BYTES)
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) blob.add(chunk as Buffer)
  return blob.end()
}
