import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { importBundle, type StoredBundle } from '../../../src/bundle/import.ts'
import { signManifest } from '../../../src/bundle/keys.ts'
import { DEFAULT_VERSIONS } from '../../../src/bundle/versions/sets.ts'

/** Imports a small signed bundle whose only file is `bin/kubelet` with this content. */
export async function importSmallBundle(dataDirectory: string, content: Buffer): Promise<StoredBundle> {
  const source = mkdtempSync(join(tmpdir(), 'bundle-'))
  const path = 'bin/kubelet'
  const manifest = Buffer.from(
    JSON.stringify({
      format: 1,
      name: `kubernetes-${DEFAULT_VERSIONS.kubernetes}-x64`,
      kubernetesVersion: DEFAULT_VERSIONS.kubernetes,
      arch: 'x64',
      createdAt: '2026-01-01T00:00:00.000Z',
      files: [
        {
          path,
          name: 'kubelet',
          version: DEFAULT_VERSIONS.kubernetes,
          size: content.length,
          sha256: createHash('sha256').update(content).digest('hex'),
          role: 'binary',
        },
      ],
    }),
  )
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  mkdirSync(dirname(join(source, path)))
  writeFileSync(join(source, path), content)
  writeFileSync(join(source, 'manifest.json'), manifest)
  writeFileSync(join(source, 'manifest.json.sig'), signManifest(manifest, privateKey))
  try {
    return await importBundle(source, dataDirectory, publicKey, new Date())
  } finally {
    rmSync(source, { recursive: true })
  }
}
