import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importBundle, type StoredBundle } from '../../../src/bundle/import.ts'
import { tinyBundle } from '../tiny-bundle.ts'

/** Imports a small signed bundle whose `bin/kubelet` has this content, built at this time. */
export async function importSmallBundle(dataDirectory: string, content: Buffer, now?: Date): Promise<StoredBundle> {
  const source = mkdtempSync(join(tmpdir(), 'bundle-'))
  try {
    const { directory, publicKey } = await tinyBundle(source, { contents: { kubelet: content }, ...(now && { now }) })
    return await importBundle(directory, dataDirectory, publicKey, new Date())
  } finally {
    rmSync(source, { recursive: true })
  }
}
