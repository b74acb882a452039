import { createHash, randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { type Chunks, type Derive, decrypt, derivingOnce, encrypt } from './encryption.ts'

const CHUNK = 64 * 1024
/** Instead of scrypt, which takes half a second. */
const quick: Derive = async (passphrase, salt) => createHash('sha512').update(passphrase).update(salt).digest()

async function collected(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of chunks) parts.push(part)
  return Buffer.concat(parts)
}
const sealed = (content: Chunks, passphrase = 'right') => collected(encrypt(content, passphrase, quick))
const opened = (file: Buffer, passphrase = 'right', size = 10_000) =>
  collected(
    decrypt(
      Array.from({ length: Math.ceil(file.length / size) }, (_, at) => file.subarray(at * size, (at + 1) * size)),
      passphrase,
      quick,
    ),
  )

it('derives its keys slowly by default', async () => {
  const file = await collected(encrypt([Buffer.from('content')], 'right'))
  expect((await collected(decrypt([file], 'right'))).toString()).toBe('content')
  await expect(collected(decrypt([file], 'wrong'))).rejects.toMatchObject({ code: 'backup/wrong-passphrase' })
})

it('derives the keys of a file once, and those of another file again', async () => {
  const salts: Buffer[] = []
  const derive = derivingOnce((passphrase, salt) => {
    salts.push(salt)
    return quick(passphrase, salt)
  })
  const files = await Promise.all([sealed([Buffer.from('one')]), sealed([Buffer.from('two')])])
  const read = async (file?: Buffer) => `${await collected(decrypt([file ?? Buffer.alloc(0)], 'right', derive))}`
  expect([await read(files[0]), await read(files[0]), await read(files[1])]).toEqual(['one', 'one', 'two'])
  expect(salts).toHaveLength(2)
})

it.each([0, 1, 100, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7])(
  'returns %i bytes as they were',
  async (size) => {
    const content = randomBytes(size)
    const file = await sealed([content.subarray(0, size / 3), content.subarray(size / 3)])
    for (const read of [1_000, CHUNK, CHUNK + 16, 10_000_000])
      expect(await opened(file, 'right', read)).toEqual(content)
  },
)

it('has nothing of the content or the passphrase, and nothing of it is the same twice', async () => {
  const content = Buffer.from('a-secret-of-the-controller '.repeat(100))
  const [one, other] = [await sealed([content]), await sealed([content])]
  expect(one.includes('secret')).toBe(false)
  expect(one.includes('right')).toBe(false)
  expect(one.subarray(17, 33).equals(other.subarray(17, 33))).toBe(false)
  expect(one.subarray(81, 200).equals(other.subarray(81, 200))).toBe(false)
})

it('refuses another passphrase', async () => {
  await expect(opened(await sealed(['x'].map(Buffer.from)), 'wrong')).rejects.toMatchObject({
    code: 'backup/wrong-passphrase',
  })
})

it('takes a passphrase in any form of Unicode', async () => {
  const file = await sealed([Buffer.from('x')], 'caf\u00e9')
  expect((await opened(file, 'cafe\u0301')).toString()).toBe('x')
})

it('refuses a file of another kind, and of a later format', async () => {
  for (const other of ['', 'x', 'PK\u0003\u0004'.repeat(100)])
    await expect(opened(Buffer.from(other))).rejects.toMatchObject({ code: 'backup/unknown-file' })
  const file = await sealed([Buffer.from('x')])
  file.write('2', 15)
  await expect(opened(file)).rejects.toMatchObject({
    code: 'backup/newer',
    message: expect.stringContaining('format 2'),
  })
})

it('notices every changed byte, and says what is wrong', async () => {
  const file = await sealed([randomBytes(100)])
  const codes = new Set<string>()
  for (let at = 17; at < file.length; at += 3) {
    const changed = Buffer.from(file)
    changed[at] = (changed[at] ?? 0) ^ 1
    codes.add(
      await opened(changed).then(
        () => `accepted ${at}`,
        ({ code }) => code,
      ),
    )
  }
  // The HMAC of the header cannot tell itself from the passphrase, and a changed end is no end.
  expect([...codes].sort()).toEqual(['backup/damaged', 'backup/truncated', 'backup/wrong-passphrase'])
}, 60_000)

it('notices that the end is missing, wherever it was cut', async () => {
  const file = await sealed([randomBytes(2 * CHUNK + 10)])
  for (const length of [
    40,
    81,
    90,
    81 + CHUNK,
    81 + CHUNK + 16,
    81 + 2 * (CHUNK + 16),
    file.length - 6,
    file.length - 1,
  ])
    await expect(opened(file.subarray(0, length)), String(length)).rejects.toMatchObject({ code: 'backup/truncated' })
})

it('notices chunks that were left out, exchanged, repeated or appended', async () => {
  const file = await sealed([randomBytes(3 * CHUNK)])
  const step = CHUNK + 16
  const chunk = (at: number) => file.subarray(81 + at * step, 81 + (at + 1) * step)
  const [head, end] = [file.subarray(0, 81), file.subarray(-5)]
  const [a, b, c] = [chunk(0), chunk(1), chunk(2)]
  for (const order of [[a, c], [b, a, c], [a, b, b, c], [a, b], [c], [a, b, c, c]])
    await expect(opened(Buffer.concat([head, ...order, end]))).rejects.toMatchObject({ code: 'backup/damaged' })
  const other = await sealed([randomBytes(3 * CHUNK)])
  await expect(opened(Buffer.concat([head, other.subarray(81)]))).rejects.toMatchObject({ code: 'backup/damaged' })
  await expect(opened(Buffer.concat([file, Buffer.from('more')]))).rejects.toMatchObject({ code: 'backup/damaged' })
})
