import { createReadStream, readFileSync } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { type Archive, archiveOf, type Blob, newBlob } from '../closure/archive.ts'

/** The files of an image in a directory: an OCI layout, what skopeo writes for `dir:`, or an unpacked archive. */
export interface ImageFiles extends Archive {
  /** The file on disk with this path in the archive. */
  locate(path: string): string
}

/** Reads and hashes all files of the directory. A link to a file outside of it is not followed. */
export async function readImageFiles(directory: string): Promise<ImageFiles> {
  const root = await realpath(directory)
  const files = new Map<string, { blob: Blob; file: string }>()
  /** By file: many links can lead to one. */
  const blobs = new Map<string, Blob>()
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() && !entry.isSymbolicLink()) continue
    const path = join(entry.parentPath, entry.name)
    const target = await realpath(path).catch(() => undefined)
    if (!target?.startsWith(root + sep)) continue
    const { dev, ino } = await stat(target)
    const blob = blobs.get(`${dev}:${ino}`) ?? (await blobOf(target))
    blobs.set(`${dev}:${ino}`, blob)
    files.set(relative(root, path), { blob, file: target })
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
  const index = Buffer.from(
    JSON.stringify({
      manifests: [{ digest, size: root?.size ?? 0, annotations: { 'io.containerd.image.name': name } }],
    }),
  )
  const own = (path: string) => {
    const hex = path.replace('blobs/sha256/', '')
    if (hex === root?.sha256) return 'manifest.json'
    return files.file(hex) === undefined ? `${hex}.manifest.json` : hex
  }
  const indexBlob = newBlob()
  indexBlob.add(index)
  const made = indexBlob.end()
  const file = (path: string) => (path === 'index.json' ? made : files.file(own(path)))
  const locate = (path: string) => files.locate(own(path))
  const content = (path: string) => (path === 'index.json' ? index : readFileSync(locate(path)))
  return { ...archiveOf(file, content), locate }
}

async function blobOf(file: string): Promise<Blob> {
  const blob = newBlob()
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) blob.add(chunk as Buffer)
  return blob.end()
}
