import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { Redactor, Secret } from './secret.ts'

test('a secret is shown only by reveal', () => {
  const secret = new Secret('correct horse')
  expect(`${secret} ${JSON.stringify({ secret })} ${inspect({ secret })} ${String(secret)}`).not.toContain('horse')
  expect(secret.reveal()).toBe('correct horse')
})

test('added values are masked, as a whole and line by line', () => {
  const redactor = new Redactor()
  redactor.add(new Secret('first-line\nsecond-line'))
  expect(redactor.redact('a first-line b second-line c')).toBe('a *** b *** c')
})

test('short values are not masked', () => {
  const redactor = new Redactor()
  redactor.add('no')
  expect(redactor.redact('node not found')).toBe('node not found')
})

test('secrets are also recognized by their form', () => {
  const redactor = new Redactor()
  const pem = '-----BEGIN EC PRIVATE KEY-----\nMHc\n-----END EC PRIVATE KEY-----'
  const text = `${pem} abcdef.0123456789abcdef Bearer eyJhbGciOi.xyz http://user:pass@proxy:3128/`
  expect(redactor.redact(text)).toBe('*** *** Bearer *** http://***@proxy:3128/')
})
