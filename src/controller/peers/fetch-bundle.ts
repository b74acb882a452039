import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { MANIFEST_NAME, MAX_MANIFEST_BYTES, SIGNATURE_NAME } from '../../bundle/format.ts'
import { importBundle } from '../../bundle/import.ts'
import { decodePublicKey } from '../../bundle/keys.ts'
import { readManifest } from '../../bundle/manifest.ts'
import { AdminAccess } from '../../protocol/api/access.ts'
import { agentRoutes } from '../../protocol/api/agents.ts'
import { pathOf } from '../../protocol/api/route.ts'
import type { SharedBundle } from '../store/shared.ts'

const MAX_SIGNATURE_BYTES = 4_096
const IDLE_MS = 30_000

export interface Fetching {
  /** Of another controller: `https://…`. */
  url: string
  bundle: SharedBundle
  dataDirectory: string
  /** The identity with which this controller asks: that of the administrator on its machine. */
  adminFile: string
  now: Date
}

/** Imports a bundle from another controller, verified like one that an administrator imports. Rejects if any part of it fails. */
export async function fetchBundle({ url, bundle, dataDirectory, adminFile, now }: Fetching): Promise<void> {
  const access = AdminAccess.parse(JSON.parse(await readFile(adminFile, 'utf8')))
  const root = join(dataDirectory, 'bundles')
  await mkdir(root, { recursive: true, mode: 0o700 })
  // An abandoned one is removed by a later import.
  const staging = await mkdtemp(join(root, 'import-'))
  const { sha256 } = bundle
  const save = async (path: string, maxBytes: number) => {
    const file = join(staging, path)
    await mkdir(dirname(file), { recursive: true })
    await download(new URL(pathOf(agentRoutes.fetchBundleFile, { sha256, path }), url), access, file, maxBytes)
    return file
  }
  try {
    const publicKey = decodePublicKey(bundle.publicKey)
    const bytes = await readFile(await save(MANIFEST_NAME, MAX_MANIFEST_BYTES))
    const signature = await readFile(await save(SIGNATURE_NAME, MAX_SIGNATURE_BYTES), 'utf8')
    const { manifest, manifestSha256 } = readManifest(bytes, signature, publicKey)
    if (manifestSha256 !== sha256) throw new Error(`found the bundle ${manifestSha256}`)
    for (const { path, size } of manifest.files) await save(path, size)
    await importBundle(staging, dataDirectory, publicKey, now)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** Writes a new file, of at most so many bytes. */
export async function download(
  url: URL,
  { ca, certificate, key }: AdminAccess,
  file: string,
  maxBytes: number,
): Promise<void> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request(url, { ca, cert: certificate, key, minVersion: 'TLSv1.3', timeout: IDLE_MS }, resolve)
    asked.once('error', reject)
    asked.once('timeout', () => asked.destroy(new Error(`no data for ${IDLE_MS / 1_000} s`)))
    asked.end()
  })
  if (response.statusCode !== 200) {
    response.destroy()
    throw new Error(`${url.pathname}: status ${response.statusCode}`)
  }
  let size = 0
  const limited = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      size += chunk.length
      if (size > maxBytes) throw new Error(`${url.pathname} has more than ${maxBytes} bytes`)
      yield chunk
    }
  }
  await pipeline(response, limited, createWriteStream(file))
}
