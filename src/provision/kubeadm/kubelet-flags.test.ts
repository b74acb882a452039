import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { hasFlag, hasLostFlags, removeLostFlags } from './kubelet-flags.ts'

const FILE = '/var/lib/kubelet/kubeadm-flags.env'

test.each([
  ['v1.35.4', 'containerd', true],
  ['v1.36.99', 'containerd', true],
  ['v1.37.0', 'containerd_namespace', false],
  ['v1.37.0', 'containerd', false],
  ['v1.40.1', 'containerd', false],
  ['v1.37.2', 'node-ip', true],
  ['v1.37.2', 'container-runtime-endpoint', true],
])('the kubelet of %s with --%s: %s', (version, flag, expected) => {
  expect(hasFlag(version, flag)).toBe(expected)
})

test.each([
  ['--containerd=/run/x --node-ip=10.0.0.5', '--node-ip=10.0.0.5'],
  ['--node-ip=10.0.0.5 --containerd=/run/x', '--node-ip=10.0.0.5'],
  ['--containerd=/run/x', ''],
  ['--boot_id_file=/x --v=2', '--v=2'],
  ['--node-labels=a=b,containerd=c --v=2', '--node-labels=a=b,containerd=c --v=2'],
  ['', ''],
])('of "%s" the kubelet of 1.37 gets "%s"', async (given, expected) => {
  const text = `KUBELET_KUBEADM_ARGS="${given}"\n`
  const host = fakeHost({ files: { [FILE]: text } })
  expect(await hasLostFlags(host, 'v1.37.0')).toBe(given !== expected)
  expect(await hasLostFlags(host, 'v1.36.2')).toBe(false)
  await removeLostFlags(host, 'v1.37.0')
  expect(host.text(FILE)).toBe(`KUBELET_KUBEADM_ARGS="${expected}"\n`)
  expect(host.changes).toHaveLength(given === expected ? 0 : 1)
})

test('without the file nothing is written: kubeadm has not started a kubelet yet', async () => {
  const host = fakeHost({})
  expect(await hasLostFlags(host, 'v1.37.0')).toBe(false)
  await removeLostFlags(host, 'v1.37.0')
  expect(host.changes).toEqual([])
})
