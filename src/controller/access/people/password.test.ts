import { argon2Sync } from 'node:crypto'
import { expect, test } from 'vitest'
import { hashPassword, isPassword } from './password.ts'

test('a password fits its own hash only, which is salted', async () => {
  const [one, two] = [await hashPassword('four random words'), await hashPassword('four random words')]
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
  expect(one).not.toBe(two)
  expect(await isPassword('four random words', one)).toBe(true)
  expect(await isPassword('four random word', one)).toBe(false)
  expect(await isPassword('four random words', undefined)).toBe(false)
  expect(await isPassword('', 'damaged')).toBe(false)
})

test('a composed and a decomposed letter are the same', async () => {
  expect(await isPassword('Gru\u0308\u00dfe aus K\u00f6ln', await hashPassword('Gr\u00fc\u00dfe aus Ko\u0308ln'))).toBe(
    true,
  )
})

test('a hash with other costs, of a later or earlier build, is checked with these', async () => {
  const nonce = Buffer.alloc(16, 7)
  const order = { message: 'x', nonce, parallelism: 1, tagLength: 32, memory: 64, passes: 3 }
  const text = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  const stored = `$argon2id$v=19$m=64,t=3,p=1$${text(nonce)}$${text(argon2Sync('argon2id', order))}`
  expect(await isPassword('x', stored)).toBe(true)
})
