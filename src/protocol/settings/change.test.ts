import { expect, test } from 'vitest'
import { changesBetween, reasonOf, restartsOn } from './change.ts'
import { ClusterSettings, SETTINGS } from './cluster-settings.ts'

const before = ClusterSettings.parse({ overrides: { kubelet: 'maxPods: 50\n' }, labels: { site: 'north', rack: '1' } })
const [worker, master] = [
  { name: 'w-1', isMaster: false },
  { name: 'm-1', isMaster: true },
]
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
  expect(restartsOn(found, worker)).toEqual(['containerd', 'kubelet'])
  expect(restartsOn(found, master)).toEqual([
    ...['containerd', 'kubelet', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'],
  ])
})

test('the proxy of workers restarts nothing on masters', () => {
  const found = changed({ workerProxy: 'http://proxy:3128' })
  expect([restartsOn(found, worker), restartsOn(found, master)]).toEqual([['containerd'], []])
})

test('the proxy of a node restarts something there only, also when it is removed', () => {
  const url = 'http://proxy:3128'
  const from = ClusterSettings.parse({ nodeProxies: { 'w-1': 'none', 'm-1': url, same: url } })
  const to = ClusterSettings.parse({ nodeProxies: { same: url, 'm-1': 'none' } })
  const found = changesBetween(from, to)
  expect(found).toMatchObject([{ name: 'nodeProxies', only: ['w-1', 'm-1'] }])
  const nodes = [worker, master, { ...worker, name: 'same' }, { ...worker, name: 'w-2' }]
  expect(nodes.map((node) => restartsOn(found, node))).toEqual([['containerd'], ['containerd'], [], []])
  expect(changesBetween(from, ClusterSettings.parse({}))).toMatchObject([{ only: ['w-1', 'm-1', 'same'] }])
})

test('masters are told of further names of the API server, which is not restarted, as the kubelet is', () => {
  const found = changed({ certSANs: ['api.example.org'] })
  expect(found.map(({ change }) => change.class)).toEqual(['control-plane'])
  expect(restartsOn(found, master)).toEqual(['kubelet'])
  expect(restartsOn(found, worker)).toEqual([])
})

test('what cannot change has a reason', () => {
  const never = Object.keys(SETTINGS).filter((name) => reasonOf(name) !== undefined)
  expect(never).toEqual(['kubernetesVersion', 'cni', 'podSubnet', 'serviceSubnet', 'apiEndpoint'])
})
