import { expect, test } from 'vitest'
import { createSealingKey, seal, unseal } from './seal.ts'

test('only the private key opens what was sealed to a public key', () => {
  const key = createSealingKey()
  const sealed = seal('swordfish, ü', key.sealTo)
  expect(unseal(sealed, key)).toBe('swordfish, ü')
  expect(() => unseal(sealed, createSealingKey())).toThrow()
  expect(() => unseal(sealed, { ...key, sealTo: createSealingKey().sealTo })).toThrow()
})

test('sealing is randomized, and detects a change of any byte', () => {
  const key = createSealingKey()
  const sealed = seal('swordfish', key.sealTo)
  expect(seal('swordfish', key.sealTo)).not.toBe(sealed)
  const bytes = Buffer.from(sealed, 'base64')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    expect(() => unseal(changed.toString('base64'), key), `byte ${at}`).toThrow()
  }
})
