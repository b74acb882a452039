import { expect, test } from 'vitest'
import { certificateRequest } from '../../../test/support/certificates/certificate-request.ts'
import { type PendingRequest, whyNot } from './judge.ts'

const addresses: Readonly<Record<string, string>> = { n1: '10.0.0.1', n2: '10.0.0.2', v6: 'fd00::1' }
const addressOf = (name: string) => addresses[name]

interface Given extends Partial<Omit<PendingRequest, 'request'>> {
  subject?: string
  names?: string
  request?: string
  more?: string[]
}

function given({ subject, names = 'DNS:n1,IP:10.0.0.1', more = [], ...its }: Given = {}): PendingRequest {
  const username = its.username ?? 'system:node:n1'
  return {
    ...{ name: 'csr-1', signerName: 'kubernetes.io/kubelet-serving', username },
    ...{ groups: ['system:nodes', 'system:authenticated'], usages: ['digital signature', 'server auth'] },
    request:
      its.request ?? certificateRequest(subject ?? `/O=system:nodes/CN=${username}`, names, { extensions: more }),
    ...its,
  }
}

test.each<[string, Given]>([
  ['its name and address', {}],
  ['its address alone', { names: 'IP:10.0.0.1' }],
  [
    'its name alone, with the usages of an RSA key',
    { names: 'DNS:n1', usages: ['key encipherment', 'digital signature', 'server auth'] },
  ],
  ['an IPv6 address in another notation', { username: 'system:node:v6', names: 'DNS:v6,IP:fd00:0:0:0:0:0:0:1' }],
])('a request with %s is approved', (_, its) => {
  expect(whyNot(given(its), addressOf)).toBe(undefined)
})

test.each<[string, Given, RegExp]>([
  [
    'another signer',
    { signerName: 'kubernetes.io/kube-apiserver-client' },
    /is for the signer kubernetes.io\/kube-api/,
  ],
  ['a person', { username: 'kubernetes-admin' }, /is of kubernetes-admin, which is not a node/],
  ['a name of a node without its group', { groups: ['system:authenticated'] }, /which is not a node/],
  ['a client usage', { usages: ['digital signature', 'server auth', 'client auth'] }, /the usage client auth/],
  ['no server usage', { usages: ['digital signature'] }, /does not ask for the usages/],
  ['a node of no one', { username: 'system:node:n9' }, /knows no node n9/],
  ['an inherited property', { username: 'system:node:constructor' }, /knows no node constructor/],
  ['the subject of another node', { subject: '/O=system:nodes/CN=system:node:n2' }, /its subject is CN=system:node:n2/],
  ['another group in the subject', { subject: '/O=system:masters/CN=system:node:n1' }, /its subject is/],
  ['a second group', { subject: '/O=system:nodes/O=system:masters/CN=system:node:n1' }, /its subject is/],
  ['a second part', { subject: '/O=system:nodes/CN=system:node:n1/OU=x' }, /its subject is/],
  ['the name of another node', { names: 'DNS:n1,DNS:n2' }, /n2 is not a name or address of n1, which has 10.0.0.1/],
  ['the address of another node', { names: 'DNS:n1,IP:10.0.0.2' }, /10.0.0.2 is not a name or address of n1/],
  ['the name of the API', { names: 'DNS:kubernetes.default.svc' }, /kubernetes.default.svc is not a name/],
  ['a wildcard', { names: 'DNS:*' }, /\* is not a name or address/],
  ['an e-mail address', { names: 'DNS:n1,email:a@b.c' }, /asks for an e-mail address/],
  ['a URI', { names: 'DNS:n1,URI:spiffe://a/b' }, /asks for a URI/],
  ['another extension', { more: ['basicConstraints=CA:TRUE'] }, /asks for 2.5.29.19/],
  ['no name', { names: '' }, /has no name or address/],
  ['no request', { request: 'x' }, /cannot be read/],
])('a request with %s is not', (_, its, why) => {
  expect(whyNot(given(its), (name) => (Object.hasOwn(addresses, name) ? addressOf(name) : undefined))).toMatch(why)
})

test('a reason is one short line', () => {
  const why = whyNot(given({ username: `system:node:${'a\n'.repeat(1_000)}`, request: 'x' }), addressOf)
  expect(why?.length).toBeLessThan(200)
  expect(why).not.toContain('\n')
})
