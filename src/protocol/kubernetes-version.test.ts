import { expect, test } from 'vitest'
import { compareVersions, isWithinSkew, minorsAhead, versionNumbers } from './kubernetes-version.ts'

test('reads versions as Kubernetes and etcd write them', () => {
  expect(versionNumbers('v1.36.2')).toEqual([1, 36, 2])
  expect(versionNumbers('3.5.24')).toEqual([3, 5, 24])
  expect(versionNumbers('v1.38.0-beta.0+k3s1')).toEqual([1, 38, 0])
  expect(versionNumbers('latest')).toBeUndefined()
})

test.each([
  ['v1.35.4', 'v1.37.2', 2],
  ['v1.37.2', 'v1.36.2', -1],
  ['v1.37.2', 'v2.38.0', Number.NaN],
  ['', 'v1.37.2', Number.NaN],
])('from %s, %s is %d minor versions ahead', (one, other, minors) => {
  expect(minorsAhead(one, other)).toBe(minors)
})

test('compares numbers, not texts', () => {
  const versions = ['v1.36.10', 'v2.0.0', 'v1.9.0', 'v1.36.9']
  expect(versions.sort(compareVersions)).toEqual(['v1.9.0', 'v1.36.9', 'v1.36.10', 'v2.0.0'])
})

test.each([
  ['v1.34.9', 'v1.37.0', true],
  ['v1.33.9', 'v1.37.0', false],
  ['v1.37.0', 'v2.38.0', false],
])('a kubelet %s with the API server %s: %s', (kubelet, apiServer, isSupported) => {
  expect(isWithinSkew(kubelet, apiServer)).toBe(isSupported)
})
