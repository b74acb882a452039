import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { list } from 'tar'
import { assemblyOf } from '../../../src/bundle/assembly.ts'
import { importBundle, type StoredBundle } from '../../../src/bundle/import.ts'
import { readPublicKey } from '../../../src/bundle/keys.ts'
import { builderPublicKey, bundleDirectory } from '../../support/site/artefacts.ts'
import { runHere } from '../../support/site/run-here.ts'

const ZSTD = 0x28b52ffd

/** The bundle of this checkout, imported into a new data directory, and how long that took. */
export async function storedBundle(): Promise<StoredBundle & { dataDirectory: string; importMs: number }> {
  const source = await bundleDirectory(runHere, (line) => console.log(line))
  const dataDirectory = mkdtempSync(join(tmpdir(), 'bench-delivery-'))
  const startedMs = performance.now()
  const stored = await importBundle(source, dataDirectory, await readPublicKey(builderPublicKey()), new Date())
  return { ...stored, dataDirectory, importMs: performance.now() - startedMs }
}

/** The bytes of a bundle with the layers of its images uncompressed. */
export async function rawBytes({ manifest, directory }: StoredBundle): Promise<number> {
  let bytes = 0
  const heads = new Set(manifest.files.map((file) => assemblyOf(manifest, file)?.head))
  for (const file of manifest.files) {
    const { path, size, role } = file
    if (heads.has(file)) continue
    bytes += role === 'image' ? await rawArchive(join(directory, path)) : size
  }
  return bytes
}

async function rawArchive(file: string): Promise<number> {
  let bytes = readFileSync(file).length
  await list({
    file,
    onReadEntry(entry) {
      const chunks: Buffer[] = []
      entry.on('data', (chunk) => chunks.push(chunk))
      entry.on('end', () => {
        const blob = Buffer.concat(chunks)
        if (blob.length > 4 && blob.readUInt32BE() === ZSTD) bytes += zstdDecompressSync(blob).length - blob.length
      })
    },
  })
  return bytes
}
