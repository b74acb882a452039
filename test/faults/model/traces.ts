import { crc32 } from 'node:zlib'
import { CONTAINERD } from '../../../src/base/kubernetes-paths.ts'
import { containerdPrograms, STANDARD } from '../../../src/base/layout.ts'
import type { FakeFiles } from '../../support/fake-files.ts'
import { KUBE_PROXY, NODE, READY } from '../../support/fake-kubeadm.ts'
import type { FakeKubernetes } from '../../support/fake-kubernetes.ts'
import { addMount } from './kernel.ts'

const FLANNEL = '/apis/apps/v1/namespaces/kube-flannel/daemonsets/kube-flannel-ds'
const WAL = '/var/lib/etcd/member-data/member/wal'
const SYSCTLS = { 'vm/overcommit_memory': '1', 'kernel/panic': '10', 'net/ipv4/conf/all/route_localnet': '1' }
const RULES = [':KUBE-SERVICES - [0:0]', '-A PREROUTING -j KUBE-SERVICES', ':FLANNEL-POSTRTG - [0:0]']

const NAMESPACE = '/run/netns/cni-08dc8ea8-7f3c-4b0a-9d0e-1c2b3a4d5e6f'
const RESULT = '/var/lib/cni/results/cbr0-coredns-eth0'
const RECORD = JSON.stringify({ networkName: 'cbr0', netns: NAMESPACE })

/** The running programs create files, mounts, processes, links, rules and cgroups. */
export function simulatePrograms(fake: FakeKubernetes): void {
  const { files, units } = fake.host
  const isActive = (unit: string) => units.get(unit)?.active === true
  if (files.get(WAL) === undefined) fake.objects.clear()
  if (files.get(`${CONTAINERD.root}/content`) === undefined) fake.images.clear()
  if (isActive('etcd.service')) seedBelow(files, '/var/lib/etcd', ['member-data/member/wal'])
  if (isActive(CONTAINERD.unit)) runContainerd(files)
  if (!isActive('kubelet.service') || files.get('/var/lib/kubelet/config.yaml') === undefined) return
  runKubelet(files)
  if (isActive(CONTAINERD.unit)) runPods(fake)
}

function runContainerd(files: FakeFiles): void {
  seedBelow(files, CONTAINERD.root, ['content', 'snapshots'])
  for (const path of [CONTAINERD.socket, `${CONTAINERD.state}/nri.sock`]) seedOnce(files, path)
}

function runKubelet(files: FakeFiles): void {
  for (const path of ['/var/log/pods', '/var/log/containers', '/usr/libexec/kubernetes', '/sys/fs/cgroup/kubepods']) {
    files.seedDirectory(path)
  }
  for (const [key, value] of Object.entries(SYSCTLS)) files.seed(`/proc/sys/${key}`, `${value}\n`)
}

function runPods({ host: { files }, objects }: FakeKubernetes): void {
  const pods = (files.list('/etc/kubernetes/manifests') ?? []).filter((name) => name.endsWith('.yaml'))
  for (const name of pods) runPod(files, name.slice(0, -5))
  if (pods.includes('kube-apiserver.yaml') && !objects.has(NODE)) {
    objects.set(NODE, { metadata: { labels: {} }, spec: { taints: [] }, status: READY })
  }
  if (objects.has(KUBE_PROXY)) {
    runPod(files, 'kube-proxy')
    seedOnce(files, '/run/xtables.lock')
    addRules(files)
  }
  if (objects.has(FLANNEL)) {
    runPod(files, 'kube-flannel')
    for (const link of ['cni0', 'flannel.1']) files.seedDirectory(`/sys/class/net/${link}`)
    for (const path of [NAMESPACE, '/var/lib/cni/networks/cbr0/lock', '/run/flannel/subnet.env']) seedOnce(files, path)
    // Each sandbox has its own record, so a torn record belongs to an earlier sandbox.
    if (files.bytes(RESULT)?.toString() !== RECORD) files.seed(RESULT, RECORD)
    addMount(files, NAMESPACE)
  }
}

function seedOnce(files: FakeFiles, path: string): void {
  if (files.get(path) === undefined) files.seed(path, '')
}

/** Only below an existing directory, because the program does not create it. */
function seedBelow(files: FakeFiles, directory: string, names: readonly string[]): void {
  if (files.get(directory) === undefined) return
  for (const name of names) files.seedDirectory(`${directory}/${name}`)
}

function runPod(files: FakeFiles, name: string): void {
  const shimPath = `${containerdPrograms(STANDARD)}/containerd-shim-runc-v2`
  const shim = 10_000 + 2 * (crc32(name) % 10_000)
  const process = (pid: number, parent: number, argv: string[]) => {
    if (files.get(`/proc/${pid}`) !== undefined) return
    files.seed(`/proc/${pid}/stat`, `${pid} (${argv[0]}) S ${parent} 1 1`)
    files.seed(`/proc/${pid}/cmdline`, `${argv.join('\0')}\0`)
  }
  process(shim, 1, [shimPath, '-namespace', 'k8s.io', '-id', name, '-address', CONTAINERD.socket])
  process(shim + 1, shim, [name])
  addMount(files, `${CONTAINERD.state}/io.containerd.runtime.v2.task/k8s.io/${name}/rootfs`)
  addMount(files, `/var/lib/kubelet/pods/${name}/volumes/token`)
  files.seedDirectory(`/sys/fs/cgroup/kubepods/${name}`)
  seedOnce(files, `/var/log/pods/${name}`)
}

function addRules(files: FakeFiles): void {
  const rules = files.bytes('/model/iptables')?.toString() ?? ''
  if (!rules.includes(RULES[0] ?? '')) files.seed('/model/iptables', `${rules}${RULES.join('\n')}\n`)
}
