import { expect, test } from 'vitest'
import type { NodeCertificate } from '../../protocol/certificates/node-certificate.ts'
import { CERTIFICATE_PLACES } from '../../provision/certificates/places.ts'
import { dueAlone, firstEnd } from './due-alone.ts'

const DAY_MS = 86_400_000
const BEGIN_MS = Date.parse('2026-01-01T00:00:00Z')
const day = (days: number) => new Date(BEGIN_MS + days * DAY_MS)

const certificate = (
  owner: NodeCertificate['owner'],
  renewedBy: NodeCertificate['renewedBy'],
  since = 0,
): NodeCertificate => ({
  ...{ name: owner, owner, renewedBy },
  ...{ notBefore: day(since).toISOString(), notAfter: day(365).toISOString() },
})

/** Of a master, all new. */
const others = CERTIFICATE_PLACES.filter(({ owner, renewedBy }) => renewedBy === 'agent' && owner !== 'operator').map(
  ({ name, owner, renewedBy }) => ({
    ...{ name, owner, renewedBy },
    ...{ notBefore: day(-3650).toISOString(), notAfter: day(3650).toISOString() },
  }),
)
const apiServer = certificate('kubernetes', 'agent')
test.each([
  ['two thirds of its life are over', apiServer, 'soon', 250, false],
  ['less than a quarter is left', apiServer, 'soon', 275, true],
  ['less than a quarter is left, at the start of the service', apiServer, 'expired', 275, false],
  ['it has expired', apiServer, 'expired', 365, true],
  ['the clock was in the future when it was issued', apiServer, 'expired', -1, true],
  ['kubeadm dated it back to the CA', certificate('kubernetes', 'agent', -3000), 'soon', 250, false],
  ['a certificate of etcd', certificate('etcd', 'agent'), 'soon', 275, true],
  ['the kubelet still renews its own', certificate('kubelet', 'kubelet'), 'soon', 364, false],
  ['the kubelet was off for too long', certificate('kubelet', 'kubelet'), 'expired', 366, true],
  ['the controller signs the one of the operator', certificate('operator', 'agent'), 'soon', 366, false],
  [
    'the controller signs the one of the operator, which is not valid yet',
    certificate('operator', 'agent'),
    'soon',
    -1,
    false,
  ],
  ['the controller signs the one of the agent', certificate('agent', 'agent'), 'soon', 366, false],
  ['a CA', certificate('kubernetes', 'nobody'), 'soon', 366, false],
] as const)('%s', (_, each, when, days, isDue) => {
  expect(dueAlone([...others, each], when, day(days))).toEqual(isDue ? [each.name] : [])
})

test('one that is missing', () => {
  expect(dueAlone(others, 'expired', day(1))).toEqual([])
  expect(dueAlone(others.slice(1), 'expired', day(1))).toEqual([others[0]?.name])
})

test('an administrator may delete super-admin.conf', () => {
  const without = others.filter(({ name }) => name !== 'super-admin.conf')
  expect(without.length).toBe(others.length - 1)
  expect(dueAlone(without, 'soon', day(1))).toEqual([])
})

test('the first end is that of a certificate which a master renews alone', () => {
  const ofOperator = { ...certificate('operator', 'agent'), notAfter: day(10).toISOString() }
  expect(firstEnd([...others, apiServer, ofOperator])).toBe(day(365).toISOString())
  const ofKubelet = { ...certificate('kubelet', 'kubelet'), notAfter: day(300).toISOString() }
  expect(firstEnd([...others, apiServer, ofKubelet])).toBe(day(300).toISOString())
  expect(firstEnd([ofOperator])).toBe(null)
})
