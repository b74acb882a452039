import { open } from 'node:fs/promises'
import { GZIP, ZSTD } from '../closure/images-in.ts'

const XZ = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a])
const ELF = Buffer.from('\x7fELF', 'latin1')

/** What a file seems to be, for a message: `an HTML page`, `gzip data`. */
export async function contentKind(file: string): Promise<string> {
  const head = await headOf(file)
  const begins = (magic: Buffer) => head.subarray(0, magic.length).equals(magic)
  if (head.length === 0) return 'an empty file'
  if (begins(ELF)) return 'an ELF file'
  if (begins(GZIP)) return 'gzip data'
  if (begins(ZSTD)) return 'zstd data'
  if (begins(XZ)) return 'xz data'
  if (head.subarray(257, 262).toString('latin1') === 'ustar') return 'a tar archive'
  const text = head.toString('utf8').trimStart()
  if (/^<(!doctype html|html)/i.test(text)) return 'an HTML page'
  if (text.startsWith('<')) return 'an XML page'
  if (text.startsWith('#!')) return 'a script'
  const [line = ''] = text.split('\n')
  return /^[\x20-\x7e]*$/.test(line) ? `text that begins with ${JSON.stringify(line.slice(0, 40))}` : 'unknown data'
}

async function headOf(file: string): Promise<Buffer> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}
