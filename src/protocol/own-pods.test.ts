import { expect, test } from 'vitest'
import { ownWorkloadOf, ownWorkloads } from './own-pods.ts'

const table: [namespace: string, name: string, node: string, workload: string | undefined][] = [
  ['kube-system', 'kube-apiserver-m1', 'm1', 'kube-apiserver'],
  ['kube-system', 'kube-scheduler-m1.example.com', 'm1.example.com', 'kube-scheduler'],
  ['kube-system', 'kube-proxy-x8zqk', 'm1', 'kube-proxy'],
  ['kube-system', 'coredns-7d764666f9-2kvh5', 'm1', 'coredns'],
  ['kube-system', 'coredns-7d764666f9-2kvh5', '', 'coredns'],
  ['kube-flannel', 'kube-flannel-ds-lq4bb', 'm1', 'kube-flannel-ds'],
  ['cantrip-system', 'operator-5b9c4dd56f-jxw7n', 'm1', 'operator'],
  // Other people's.
  ['kube-system', 'coredns-autoscaler-7d764666f9-2kvh5', 'm1', undefined],
  ['kube-system', 'coredns-custom-2kvh5', 'm1', undefined],
  ['kube-system', 'kube-proxy-windows-x8zqk', '', undefined],
  ['kube-system', 'kube-apiserver-m2', 'm1', undefined],
  ['kube-system', 'metrics-server-7d764666f9-2kvh5', '', undefined],
  ['kube-system', 'kube-vip-m1', 'm1', undefined],
  ['default', 'coredns-7d764666f9-2kvh5', 'm1', undefined],
  ['kube-system', 'calico-node-x8zqk', 'm1', undefined],
]

test.each(table)('%s/%s', (namespace, name, node, workload) => {
  expect(ownWorkloadOf({ namespace, name, node }, ownWorkloads('flannel'))?.name).toBe(workload)
})

test('the pods of another pod network count if the cluster uses it', () => {
  const found = (cni: 'calico' | 'cilium', name: string) =>
    ownWorkloadOf({ namespace: 'kube-system', name }, ownWorkloads(cni))?.name
  expect(found('calico', 'calico-node-x8zqk')).toBe('calico-node')
  expect(found('calico', 'calico-kube-controllers-7d764666f9-2kvh5')).toBe('calico-kube-controllers')
  expect(found('cilium', 'cilium-x8zqk')).toBe('cilium')
  expect(found('cilium', 'cilium-operator-7d764666f9-2kvh5')).toBe('cilium-operator')
})
