import { expect, test } from 'vitest'
import { certificateRequest } from '../../../test/support/certificates/certificate-request.ts'
import { requestedNames } from './requested-names.ts'

test.each(['ec', 'rsa'] as const)('subject and names of a kubelet: %s', (key) => {
  const request = certificateRequest('/O=system:nodes/CN=system:node:n1', 'DNS:n1,IP:10.0.0.1,IP:fd00::1', { key })
  expect(requestedNames(request)).toEqual({
    subject: [
      ['O', 'system:nodes'],
      ['CN', 'system:node:n1'],
    ],
    dnsNames: ['n1'],
    ipAddresses: ['10.0.0.1', 'fd00::1'],
    others: [],
  })
})

test('everything else that it asks for is named', () => {
  const names = 'email:a@b.c,URI:spiffe://a/b,DNS:n1,otherName:1.2.3.4;UTF8:x'
  const request = certificateRequest('/O=a/O=b/OU=c/CN=d', names, { extensions: ['basicConstraints=CA:TRUE'] })
  const { subject, others } = requestedNames(request)
  expect(subject.map(([part]) => part)).toEqual(['O', 'O', '2.5.4.11', 'CN'])
  expect(others).toEqual(['an e-mail address', 'a URI', 'name 160', '2.5.29.19'])
})

test.each(['', 'x', '-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n'])(
  'a malformed one is refused: %j',
  (pem) => {
    expect(() => requestedNames(pem)).toThrow()
  },
)
