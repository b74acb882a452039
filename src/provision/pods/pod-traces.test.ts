import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { fakeKubernetes } from '../../../test/support/fake-kubernetes.ts'
import type { Undo } from '../../host/undo.ts'
import { expectWhatPodsLeave } from './pod-traces.ts'

async function expected(cni: 'flannel' | 'calico' | 'cilium' | 'none'): Promise<Undo[]> {
  const host = fakeHost({ sysctls: { 'kernel.panic': '0', 'net.netfilter.nf_conntrack_max': '65536' } })
  await expectWhatPodsLeave(host, fakeKubernetes({ cni }).params)
  return host.changes.map(({ undo }) => undo)
}
const ofKind = <K extends Undo['kind']>(undos: Undo[], kind: K) =>
  undos.filter((undo): undo is Extract<Undo, { kind: K }> => undo.kind === kind)

test.each([
  ['flannel', ['kube-ipvs0', 'cni0', 'flannel.1', 'flannel-v6.1'], ['KUBE-', 'FLANNEL-', 'CNI-'], ['cbr0']],
  ['cilium', ['kube-ipvs0', 'cilium_*', 'lxc*'], ['KUBE-', 'CILIUM_', 'CNI-'], ['cilium']],
  ['none', ['kube-ipvs0'], ['KUBE-'], []],
] as const)('%s: only what that network makes is looked for', async (cni, names, prefixes, networks) => {
  const undos = await expected(cni)
  expect(ofKind(undos, 'remove-links')).toEqual([{ kind: 'remove-links', names }])
  expect(ofKind(undos, 'remove-chains')).toEqual([{ kind: 'remove-chains', prefixes, networks, tables: [] }])
  const text = JSON.stringify(undos)
  expect(/cali/.test(text)).toBe(false)
  expect(/cilium|lxc/.test(text)).toBe(cni === 'cilium')
  expect(/flannel/.test(text)).toBe(cni === 'flannel')
})

test('the values of the kubelet are known; those of kube-proxy depend on its configuration', async () => {
  expect(ofKind(await expected('flannel'), 'sysctl')).toEqual([
    { kind: 'sysctl', key: 'kernel.panic', before: '0', written: '10' },
    { kind: 'sysctl', key: 'net.netfilter.nf_conntrack_max', before: '65536' },
  ])
})

test('host paths of kube-proxy are removed if they did not exist before', async () => {
  const paths = ofKind(await expected('flannel'), 'remove-path').map(({ path }) => path)
  expect(paths).toEqual(expect.arrayContaining(['/run/xtables.lock', '/lib/modules', '/usr/libexec/kubernetes']))
})

test('undo order: the kubelet stops, containers end before their namespaces are removed, and these before their records', async () => {
  const kinds = (await expected('flannel'))
    .map((undo) => `${undo.kind} ${'path' in undo ? undo.path : ''}`.trim())
    .reverse()
  const order = [
    'unit',
    'container-processes',
    'remove-network-namespaces',
    'unmount-below /run/netns',
    'remove-path /run/netns',
  ]
  const at = [...order, 'remove-links', 'remove-chains', 'remove-cgroups', 'remove-tree /var/lib/cni'].map((kind) =>
    kinds.indexOf(kind),
  )
  expect(at).not.toContain(-1)
  expect(at).toEqual(at.toSorted((a, b) => a - b))
})
