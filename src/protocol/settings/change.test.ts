import { expect, test } from 'vitest'
import { changesBetween, reasonOf, restartsOn } from './change.ts'
import { ClusterSettings, SETTINGS } from './cluster-settings.ts'

const before = ClusterSettings.parse({ overrides: { kubelet: 'maxPods: 50\n' }, labels: { site: 'north', rack: '1' } })
const changed = (to: object) => changesBetween(before, ClusterSettings.parse({ ...before, ...to }))

test('what is the same is no change, whatever the order of its keys', () => {
  expect(changed({})).toEqual([])
  expect(changed({ labels: { rack: '1', site: 'north' } })).toEqual([])
})

test('a mapping whose parts change in different ways is compared by part', () => {
  const found = changed({ overrides: { 'kube-proxy': 'mode: nftables\n' } })
  expect(found.map(({ name, change }) => `${name} ${change.class}`)).toEqual([
    'overrides.kubelet rolling',
    'overrides.kube-proxy add-on',
  ])
})

test('says what restarts on a master and on a worker', () => {
  const overrides = { kubeadm: 'kind: ClusterConfiguration\n' }
  const found = changed({ httpProxy: 'http://proxy:3128', overrides })
  expect(restartsOn(found, false)).toEqual(['containerd', 'kubelet'])
  expect(restartsOn(found, true)).toEqual([
    ...['containerd', 'kubelet', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'],
  ])
})

test('the proxy of workers restarts nothing on masters', () => {
  const found = changed({ workerProxy: 'http://proxy:3128' })
  expect([restartsOn(found, false), restartsOn(found, true)]).toEqual([['containerd'], []])
})

test('masters are told of further names of the API server, which is not restarted, as the kubelet is', () => {
  const found = changed({ certSANs: ['api.example.org'] })
  expect(found.map(({ change }) => change.class)).toEqual(['control-plane'])
  expect(restartsOn(found, true)).toEqual(['kubelet'])
  expect(restartsOn(found, false)).toEqual([])
})

test('what cannot change has a reason', () => {
  const never = Object.keys(SETTINGS).filter((name) => reasonOf(name) !== undefined)
  expect(never).toEqual(['kubernetesVersion', 'cni', 'podSubnet', 'serviceSubnet', 'apiEndpoint'])
})
