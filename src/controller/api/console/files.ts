import { createHash } from 'node:crypto'
import { extname } from 'node:path'

/** By content coding; `identity` is the file as it is. The best one comes first. */
export const CODINGS = ['br', 'gzip', 'identity'] as const
export type Coding = (typeof CODINGS)[number]

export interface ConsoleFile {
  type: string
  contents: Partial<Record<Coding, { bytes: Buffer; etag: string }>>
  /** Its name changes with its content. */
  isFixed: boolean
}

/** By their paths below /console/. All that the console can send is here: no path of a request leads to a file. */
export type ConsoleFiles = ReadonlyMap<string, ConsoleFile>

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}
const COMPRESSED: Readonly<Record<string, Coding>> = { '.gz': 'gzip', '.br': 'br' }

/** `assets`: by path; a path with `.gz` or `.br` at its end is the compressed form of the file before it. */
export function consoleFilesOf(assets: ReadonlyMap<string, Uint8Array>): ConsoleFiles {
  const files = new Map<string, ConsoleFile>()
  for (const [asset, content] of assets) {
    const coding = COMPRESSED[extname(asset)] ?? 'identity'
    const path = coding === 'identity' ? asset : asset.slice(0, asset.lastIndexOf('.'))
    const type = TYPES[extname(path)]
    if (type === undefined) throw new Error(`the console has a file of an unknown type: ${path}`)
    const file = files.get(path) ?? { type, contents: {}, isFixed: path.startsWith('assets/') }
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
    const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`
    file.contents[coding] = { bytes, etag }
    files.set(path, file)
  }
  return files
}

/** The form of the file that the client accepts (RFC 9110, 12.5.3). */
export function contentFor({ contents }: ConsoleFile, acceptEncoding = '') {
  const accepted = new Map(
    acceptEncoding.split(',').map((each) => {
      const [name = '', ...parameters] = each.split(';').map((part) => part.trim().toLowerCase())
      return [name, !parameters.some((part) => /^q=0(\.0*)?$/.test(part))]
    }),
  )
  for (const coding of CODINGS) {
    const content = contents[coding]
    if (content && (coding === 'identity' || accepted.get(coding))) return { coding, ...content }
  }
  return undefined
}
