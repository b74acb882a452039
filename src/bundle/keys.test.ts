import { generateKeyPairSync } from 'node:crypto'
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { decodePublicKey, encodePublicKey, isSigned, readOrCreateKey, readPublicKey, signManifest } from './keys.ts'

let scratch: string
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-keys-'))
})
afterEach(() => rm(scratch, { recursive: true, force: true }))

test('a key is created once, readable only by its owner, with the public key in a second file', async () => {
  const path = join(scratch, 'deep', 'key.pem')
  const made = await readOrCreateKey(path)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const again = await readOrCreateKey(path)
  const signature = signManifest(Buffer.from('text'), made)
  expect(signManifest(Buffer.from('text'), again)).toBe(signature)
  const publicKey = await readPublicKey(`${path}.pub`)
  expect(isSigned(Buffer.from('text'), signature, publicKey)).toBe(true)
  expect(isSigned(Buffer.from('texts'), signature, publicKey)).toBe(false)
})

test('a public key survives its base64 form', async () => {
  const { publicKey } = generateKeyPairSync('ed25519')
  expect(decodePublicKey(`${encodePublicKey(publicKey)}\n`).equals(publicKey)).toBe(true)
})

test('refuses keys that others can read, keys of another kind, and files that are not keys', async () => {
  const path = join(scratch, 'key.pem')
  await readOrCreateKey(path)
  await chmod(path, 0o644)
  await expect(readOrCreateKey(path)).rejects.toMatchObject({ code: 'bundle/world-readable', fix: `chmod 600 ${path}` })
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await writeFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  await chmod(path, 0o600)
  await expect(readOrCreateKey(path)).rejects.toMatchObject({ code: 'bundle/bad-key' })
  expect(() => decodePublicKey(encodePublicKey(publicKey))).toThrow(/no Ed25519 public key/)
  await writeFile(path, 'text')
  await expect(readOrCreateKey(path)).rejects.toMatchObject({ code: 'bundle/bad-key' })
  await expect(readPublicKey(join(scratch, 'nothing.pub'))).rejects.toMatchObject({
    code: 'bundle/missing',
    kind: 'invalid',
  })
})
