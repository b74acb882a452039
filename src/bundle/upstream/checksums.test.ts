import { expect, test } from 'vitest'
import { checksumsOf, isChecksumFile, parseChecksums } from './checksums.ts'

const A = 'a'.repeat(64)
const B = 'B'.repeat(128)

test('each form in which projects publish checksums is read', () => {
  expect(parseChecksums(A)).toEqual([{ algorithm: 'sha256', hex: A }])
  expect(parseChecksums(`${B}\n`)).toEqual([{ algorithm: 'sha512', hex: B.toLowerCase() }])
  expect(parseChecksums(`${A}  x.tgz\r\n${A} *dist/y.tgz\n`)).toMatchObject([{ name: 'x.tgz' }, { name: 'y.tgz' }])
  expect(parseChecksums(`SHA256 (x.tgz) = ${A}`)).toEqual([{ algorithm: 'sha256', hex: A, name: 'x.tgz' }])
  const signed = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${A}  runc.amd64\n-----BEGIN PGP SIGNATURE-----\n${A}\n`
  expect(parseChecksums(signed)).toEqual([{ algorithm: 'sha256', hex: A, name: 'runc.amd64' }])
  expect(parseChecksums('<html>404</html>')).toEqual([])
})

test('a checksum without a name is that of the file whose name the checksum file extends', () => {
  expect(checksumsOf('kubelet', 'kubelet.sha256', A)).toHaveLength(1)
  expect(checksumsOf('kubelet', 'kubeadm.sha256', A)).toHaveLength(0)
  expect(checksumsOf('kubelet', 'SHA256SUMS', `${A}  kubelet\n${A}  kubeadm\n`)).toHaveLength(1)
})

test.each([
  ['SHA256SUMS', true],
  ['kubelet.sha512', true],
  ['x.tar.gz.sha256sum', true],
  ['kubelet', false],
])('%s is a file of checksums: %s', (name, wanted) => {
  expect(isChecksumFile(name)).toBe(wanted)
})
