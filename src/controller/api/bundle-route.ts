import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { AgentError } from '../../base/agent-error.ts'
import { MANIFEST_NAME, SIGNATURE_NAME } from '../../bundle/format.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import type { HasBundles } from '../ports.ts'
import { type Exchange, type Route, reply } from './exchange.ts'
import { parseRange } from './range.ts'

const CHUNK_BYTES = 1024 * 1024

/** Files of an imported bundle: only those that its manifest names, by exactly the path that it gives them. */
export const bundleRoute: Route = {
  method: 'GET',
  path: /^\/v1\/bundles\/([0-9a-f]{64}\/[A-Za-z0-9._/-]{1,200})$/,
  roles: ['node'],
  async handle(exchange) {
    const sha256 = exchange.captured.slice(0, 64)
    const path = exchange.captured.slice(65)
    const found = await locate(exchange.core, sha256, path)
    if (!found) {
      const mending = remedy`import the bundle again: ${{ do: 'bundle.import' }}`
      throw new AgentError('bundle-file/unknown', `there is no ${path} in a bundle ${sha256}`, {
        ...mending,
        kind: 'invalid',
      })
    }
    await send(exchange, found)
  },
}

interface Found {
  file: string
  etag: string
}

async function locate({ bundles }: HasBundles, sha256: string, path: string): Promise<Found | undefined> {
  if (!bundles.get(sha256)) await bundles.refresh()
  const bundle = bundles.get(sha256)
  if (!bundle) return undefined
  const file = join(bundle.directory, path)
  if (path === MANIFEST_NAME || path === SIGNATURE_NAME) return { file, etag: `"${sha256}-${path}"` }
  const listed = bundle.manifest.files.find((each) => each.path === path)
  return listed && { file, etag: `"${listed.sha256}"` }
}

async function send({ request, response }: Exchange, { file, etag }: Found): Promise<void> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const { size } = await handle.stat()
    const condition = request.headers['if-range']
    const isSame = condition === undefined || condition === etag
    const range = parseRange(isSame ? request.headers.range : undefined, size)
    const headers = { etag, 'accept-ranges': 'bytes', 'content-type': 'application/octet-stream' }
    if (range.kind === 'unsatisfiable') {
      response.setHeader('content-range', `bytes */${size}`)
      reply(response, 416, { code: 'range/unsatisfiable', message: `the file has ${size} bytes`, fix: 'fetch it anew' })
      return
    }
    const { start, end } = range.kind === 'part' ? range : { start: 0, end: size - 1 }
    const part = range.kind === 'part' ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}
    response.writeHead(range.kind === 'part' ? 206 : 200, { ...headers, ...part, 'content-length': end - start + 1 })
    if (request.method === 'HEAD' || size === 0) response.end()
    else await pipeline(handle.createReadStream({ start, end, highWaterMark: CHUNK_BYTES, autoClose: false }), response)
  } finally {
    await handle.close()
  }
}
