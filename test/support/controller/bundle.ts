import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importBundle, type StoredBundle } from '../../../src/bundle/import.ts'
import { type TinyBundleOptions, tinyBundle } from '../tiny-bundle.ts'

/** Imports a small signed bundle whose `bin/kubelet` has this content, built at this time. */
export function importSmallBundle(dataDirectory: string, content: Buffer, now?: Date): Promise<StoredBundle> {
  return importTinyBundle(dataDirectory, { contents: { kubelet: content }, ...(now && { now }) })
}

export async function importTinyBundle(dataDirectory: string, options: TinyBundleOptions): Promise<StoredBundle> {
  const source = mkdtempSync(join(tmpdir(), 'bundle-'))
  try {
    const { directory, publicKey } = await tinyBundle(source, options)
    return await importBundle(directory, dataDirectory, publicKey, new Date())
  } finally {
    rmSync(source, { recursive: true })
  }
}
