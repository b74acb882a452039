import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  scrypt,
  timingSafeEqual,
} from 'node:crypto'
import { AgentError } from '../../base/agent-error.ts'
import { damaged, truncated } from './errors.ts'

/*
 * The file: HEADER, chunks, END.
 *
 * HEADER: "cantrip-backup 1\n", a salt (16 bytes), the first 16 bytes of the SHA-256 of both, and the HMAC-SHA-256 of all of these.
 * The passphrase and the salt give two keys by scrypt (N = 2^17, r = 8, p = 1): one for the HMAC, one for the chunks.
 *
 * Chunk: 64 KiB of content (the last one may be shorter, or empty), AES-256-GCM, followed by its tag. The nonce is the number of the
 * chunk in 11 bytes, and 1 for the last chunk, 0 for others: chunks cannot be left out, moved, added or cut off unnoticed. The header is
 * authenticated with every chunk. The salt, and so the key, is new for each file.
 *
 * END says only that the writer came so far, so that an error can tell a short file from a changed one.
 */
const FORMAT = 1
const MAGIC = Buffer.from(`cantrip-backup ${FORMAT}\n`)
const END = Buffer.from('\nEND\n')
const [SALT_BYTES, CHECK_BYTES, MAC_BYTES, TAG_BYTES] = [16, 16, 32, 16]
const HEADER_BYTES = MAGIC.length + SALT_BYTES + CHECK_BYTES + MAC_BYTES
const CHUNK_BYTES = 64 * 1024
const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 }

export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

/** Derives 64 bytes; slow on purpose. */
export type Derive = (passphrase: string, salt: Buffer) => Promise<Buffer>

/** Encrypts with a passphrase. The content is never held as a whole. */
export async function* encrypt(content: Chunks, passphrase: string, derive = byScrypt): AsyncGenerator<Buffer> {
  const salt = randomBytes(SALT_BYTES)
  const { macKey, key } = await keysOf(derive, passphrase, salt)
  const named = Buffer.concat([MAGIC, salt, checkOf(salt)])
  const header = Buffer.concat([named, macOf(macKey, named)])
  yield header
  let number = 0
  for await (const { chunk, isLast } of inChunks(content, CHUNK_BYTES)) {
    const cipher = createCipheriv('aes-256-gcm', key, nonce(number++, isLast)).setAAD(header)
    yield Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()])
  }
  yield END
}

/** Yields only content that is authentic. Throws AgentError `backup/…`, at the latest at the end. */
export async function* decrypt(file: Chunks, passphrase: string, derive = byScrypt): AsyncGenerator<Buffer> {
  const chunks = inChunks(file, CHUNK_BYTES + TAG_BYTES, HEADER_BYTES, END.length)
  const { value: first } = await chunks.next()
  const { header, salt } = readHeader(first?.chunk ?? Buffer.alloc(0))
  const { macKey, key } = await keysOf(derive, passphrase, salt)
  const named = header.subarray(0, -MAC_BYTES)
  if (!timingSafeEqual(macOf(macKey, named), header.subarray(-MAC_BYTES))) throw wrongPassphrase()
  let number = 0
  for await (const { chunk, isLast, rest } of chunks) {
    if (isLast && !rest?.equals(END)) throw truncated()
    yield open(key, header, chunk, nonce(number++, isLast), number)
  }
  if (number === 0) throw truncated()
}

function open(key: Buffer, header: Buffer, chunk: Buffer, iv: Buffer, number: number): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
    decipher.setAAD(header).setAuthTag(chunk.subarray(-TAG_BYTES))
    return Buffer.concat([decipher.update(chunk.subarray(0, -TAG_BYTES)), decipher.final()])
  } catch (cause) {
    throw damaged(`block ${number} was changed`, cause)
  }
}

function readHeader(header: Buffer): { header: Buffer; salt: Buffer } {
  const [line = ''] = header.toString('latin1').split('\n', 1)
  const [, format] = /^cantrip-backup (\d{1,9})$/.exec(line) ?? []
  if (format === undefined) {
    throw new AgentError('backup/unknown-file', 'the file is not a backup of a controller', {
      fix: 'pass a file that controller backup wrote',
      kind: 'invalid',
    })
  }
  if (Number(format) !== FORMAT) {
    throw new AgentError('backup/newer', `the backup has format ${format}; this build knows format ${FORMAT}`, {
      fix: 'use the newer controller',
      kind: 'invalid',
    })
  }
  if (header.length < HEADER_BYTES) throw truncated()
  const salt = header.subarray(MAGIC.length, MAGIC.length + SALT_BYTES)
  const check = header.subarray(MAGIC.length + SALT_BYTES, HEADER_BYTES - MAC_BYTES)
  if (!checkOf(salt).equals(check)) throw damaged('its header was changed')
  return { header, salt }
}

/** Not a secret: it tells a damaged header from a wrong passphrase. */
const checkOf = (salt: Buffer) => createHash('sha256').update(MAGIC).update(salt).digest().subarray(0, CHECK_BYTES)

const macOf = (key: Buffer, text: Buffer) => createHmac('sha256', key).update(text).digest()

async function keysOf(derive: Derive, passphrase: string, salt: Buffer): Promise<{ macKey: Buffer; key: Buffer }> {
  const derived = await derive(passphrase.normalize('NFC'), salt)
  return { macKey: derived.subarray(0, 32), key: derived.subarray(32) }
}

const byScrypt: Derive = (passphrase, salt) =>
  new Promise((resolve, reject) => {
    scrypt(passphrase, salt, 64, SCRYPT, (error, derived) => (error ? reject(error) : resolve(derived)))
  })

/** Derives the keys of a file once, however often it is read. */
export function derivingOnce(derive: Derive = byScrypt): Derive {
  let known: { salt: Buffer; keys: Promise<Buffer> } | undefined
  return (passphrase, salt) => {
    if (!known?.salt.equals(salt)) known = { salt: Buffer.from(salt), keys: derive(passphrase, salt) }
    return known.keys
  }
}

function nonce(number: number, isLast: boolean): Buffer {
  const iv = Buffer.alloc(12)
  iv.writeBigUInt64BE(BigInt(number), 3)
  iv[11] = isLast ? 1 : 0
  return iv
}

interface Chunk {
  chunk: Buffer
  isLast: boolean
  /** After the last chunk. */
  rest?: Buffer
}

/**
 * Cuts a stream into pieces of `size` bytes. The last one may be shorter. `first`: the size of a first piece that is different;
 * `trailing`: so many bytes at the end are no piece.
 */
async function* inChunks(stream: Chunks, size: number, first = 0, trailing = 0): AsyncGenerator<Chunk, undefined> {
  let pending: Buffer[] = []
  let bytes = 0
  let wanted = first || size
  const take = (count: number) => {
    const all = Buffer.concat(pending)
    pending = [all.subarray(count)]
    bytes = all.length - Math.min(count, all.length)
    return all.subarray(0, count)
  }
  for await (const part of stream) {
    pending.push(Buffer.from(part))
    bytes += part.length
    // One piece is kept: it may be the last.
    while (bytes > wanted + trailing) {
      yield { chunk: take(wanted), isLast: false }
      wanted = size
    }
  }
  if (first > 0 && wanted === first) {
    yield { chunk: take(first), isLast: false }
    if (bytes === 0) return undefined
  }
  const last = take(Math.max(0, bytes - trailing))
  yield { chunk: last, isLast: true, rest: Buffer.concat(pending) }
  return undefined
}

function wrongPassphrase(): AgentError {
  return new AgentError('backup/wrong-passphrase', 'the passphrase is not the one of this backup', {
    fix: 'pass the passphrase with which the backup was made',
    kind: 'invalid',
  })
}
