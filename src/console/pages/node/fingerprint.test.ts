import { expect, test } from 'vitest'
import { isSameFingerprint } from './fingerprint.ts'

const FINGERPRINT = 'SHA256:abcDEF0123456789+/abcDEF0123456789abcdefgh0='

test.each([
  ['', 'empty'],
  ['  ', 'empty'],
  [FINGERPRINT, 'same'],
  [`Fingerprint: ${FINGERPRINT}\n`, 'same'],
  ['abcDEF0123456789+/abcDEF0123456789abcdefgh0', 'same'],
  [' abcDEF0123456789+/ abcDEF0123456789abcdefgh0=', 'same'],
  // Upper and lower case are different digests, and a part is none.
  [FINGERPRINT.toLowerCase(), 'other'],
  [FINGERPRINT.slice(0, -4), 'other'],
  ['SHA256:', 'other'],
])('%j is %s', (pasted, found) => {
  expect(isSameFingerprint(pasted, FINGERPRINT)).toBe(found)
})
