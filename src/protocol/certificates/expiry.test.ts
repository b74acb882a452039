import { expect, test } from 'vitest'
import { expiryStateOf, isDueForRenewal } from './expiry.ts'

const BEGIN = Date.parse('2026-01-01T00:00:00Z')
const day = (number: number) => new Date(BEGIN + number * 86_400_000)
const life = (days: number) => ({ notBefore: day(0).toISOString(), notAfter: day(days).toISOString() })

test.each([
  ['a leaf of kubeadm', 365, [0, 304.9, 305, 350.9, 351, 364.9, 365, 400]],
  ['the CA', 3650, [0, 3589.9, 3590, 3635.9, 3636, 3649.9, 3650, 4000]],
])('%s is warned of 60 days before its end, and urgent 14 days before', (_, days, at) => {
  const states = at.map((each) => expiryStateOf(life(days), day(each)))
  expect(states).toEqual(['valid', 'valid', 'soon', 'soon', 'urgent', 'urgent', 'expired', 'expired'])
})

test('the certificate of an agent, which is renewed at 70 to 90 % of 30 days, is valid until then', () => {
  const states = [27, 27.4, 27.6, 28.9, 29.1, 30].map((each) => expiryStateOf(life(30), day(each)))
  expect(states).toEqual(['valid', 'valid', 'soon', 'soon', 'urgent', 'expired'])
})

test('a renewal is due at two thirds of the life', () => {
  expect([243, 243.4, 365].map((each) => isDueForRenewal(life(365), day(each)))).toEqual([false, true, true])
})

test('a renewal is due if the clock was in the future at the last one', () => {
  expect([-3650, -0.1, 0].map((each) => isDueForRenewal(life(365), day(each)))).toEqual([true, true, false])
})
