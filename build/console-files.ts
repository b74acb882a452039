import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { extname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const TEXTS = ['.html', '.js', '.css', '.svg', '.json', '.webmanifest', '.txt']
/** A smaller file fits into one packet, compressed or not. */
const SMALLEST_BYTES = 1_024

const compressions = [
  { suffix: '.gz', compress: (bytes: Buffer) => promisify(gzip)(bytes, { level: 9 }) },
  {
    suffix: '.br',
    compress: (bytes: Buffer) =>
      promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
  },
]

/** The files of the web console, as paths below the directory; none if it was not built. */
export async function consoleFilesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile())
  return files.map(({ parentPath, name }) => relative(directory, join(parentPath, name))).sort()
}

/** Writes a compressed form beside each text, for clients that accept it: the controller does not compress. */
export async function compressConsole(directory: string): Promise<void> {
  for (const file of await consoleFilesIn(directory)) {
    const path = join(directory, file)
    if (!TEXTS.includes(extname(path)) || (await stat(path)).size < SMALLEST_BYTES) continue
    const bytes = await readFile(path)
    await Promise.all(compressions.map(async ({ suffix, compress }) => writeFile(path + suffix, await compress(bytes))))
  }
}
