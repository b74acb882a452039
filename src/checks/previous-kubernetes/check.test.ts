import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { KUBELET_INSTALLED, ledgerText } from '../../../test/support/fixtures/ledger.ts'
import type { Entry } from '../../ledger/entry.ts'
import { check } from './check.ts'

const ownStateDirectory = '/var/lib/cantrip'
const look = (host: ReturnType<typeof fakeHost>) => check.look(host, { roles: [], ownStateDirectory })
type Scene = Parameters<typeof fakeHost>[0]

const ROOT = '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n'
const process = (pid: number, name: string) => ({ [`/proc/${pid}/comm`]: `${name}\n` })
const PODMAN =
  '{"cniVersion":"0.4.0","name":"podman","plugins":[{"type":"bridge","bridge":"cni-podman0"},{"type":"portmap"}]}'

test.each<[string, Scene]>([
  ['nothing at all', {}],
  [
    'empty directories',
    {
      directories: [
        '/var/lib/kubelet',
        '/var/lib/etcd',
        '/var/lib/containerd',
        '/etc/kubernetes/manifests',
        '/etc/cni/net.d',
      ],
    },
  ],
  [
    'empty directories that are mount points, one with a fresh file system',
    {
      directories: ['/var/lib/kubelet', '/var/lib/etcd/lost+found'],
      files: {
        '/proc/self/mountinfo': `${ROOT}30 22 8:17 / /var/lib/etcd rw - ext4 /dev/sdb1 rw\n31 22 0:40 / /var/lib/kubelet rw - tmpfs tmpfs rw\n32 22 0:41 / /var/lib/containerd rw - ext4 /dev/sdc rw\n`,
      },
    },
  ],
  [
    'Docker',
    {
      files: {
        ...process(700, 'dockerd'),
        ...process(600, 'containerd'),
        '/usr/bin/containerd': '',
        '/etc/containerd/config.toml': 'disabled_plugins = ["cri"]\n',
        '/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db': 'x',
        '/run/containerd/io.containerd.runtime.v2.task/moby/abc/init.pid': '1',
      },
      directories: ['/sys/class/net/docker0', '/sys/class/net/veth12ab'],
    },
  ],
  [
    "podman's own CNI file and bridge",
    {
      files: { '/etc/cni/net.d/87-podman-bridge.conflist': PODMAN },
      directories: ['/sys/class/net/cni-podman0', '/sys/class/net/podman0', '/var/lib/cni/networks/podman'],
    },
  ],
  [
    'links of LXC and LXD',
    {
      directories: ['/sys/class/net/lxcbr0', '/sys/class/net/lxdbr0', '/sys/class/net/veth1a2b3c4d'],
    },
  ],
  ['kubectl', { files: { '/usr/bin/kubectl': '' } }],
  [
    'our own state of an agent that waits',
    { files: { '/var/lib/cantrip/bundle/abc/kubelet': 'x', '/var/lib/cantrip/ledger/000001.log': 'x' } },
  ],
  [
    'Kubernetes inside a container',
    {
      files: process(900, 'kubelet'),
      links: { '/proc/self/ns/pid': 'pid:[1]', '/proc/900/ns/pid': 'pid:[2]' },
    },
  ],
])('%s is no trace', async (_, scene) => {
  expect(await look(fakeHost(scene))).toEqual({ kind: 'pass', found: 'no trace' })
})

test.each<[string, Scene, string, string]>([
  ['a kubelet binary', { files: { '/usr/bin/kubelet': '' } }, '/usr/bin/kubelet', 'kubeadm reset -f'],
  [
    'a kubelet unit',
    { files: { '/etc/systemd/system/kubelet.service': '' } },
    '/etc/systemd/system/kubelet.service',
    'kubeadm reset -f',
  ],
  ['a running kubelet', { files: process(812, 'kubelet') }, 'process kubelet (pid 812)', 'kubeadm reset -f'],
  [
    'manifests',
    { files: { '/etc/kubernetes/manifests/etcd.yaml': 'kind: Pod' } },
    '/etc/kubernetes/',
    'kubeadm reset -f',
  ],
  ['data of etcd', { files: { '/var/lib/etcd/member/snap/db': 'x' } }, '/var/lib/etcd/', 'kubeadm reset -f'],
  [
    'k3s',
    { files: { '/usr/local/bin/k3s': '', '/etc/rancher/k3s/k3s.yaml': '' } },
    '/usr/local/bin/k3s, /etc/rancher/k3s/',
    'k3s-uninstall.sh',
  ],
  [
    'RKE2',
    { files: { '/usr/local/lib/systemd/system/rke2-server.service': '' } },
    '/usr/local/lib/systemd/system/rke2-server.service',
    'rke2-uninstall.sh',
  ],
  ['k0s', { files: process(77, 'k0s') }, 'process k0s (pid 77)', 'k0s reset'],
  ['MicroK8s', { files: { '/snap/bin/microk8s': '' } }, '/snap/bin/microk8s', 'snap remove --purge microk8s'],
  [
    'the bridge of flannel',
    { directories: ['/sys/class/net/cni0', '/sys/class/net/flannel.1'] },
    'network link cni0, network link flannel.1',
    'reboot',
  ],
  [
    'links of Calico and Cilium',
    { directories: ['/sys/class/net/cali0123456789a', '/sys/class/net/cilium_host'] },
    'network link cali0123456789a, network link cilium_host',
    'reboot',
  ],
  [
    'a CNI file',
    { files: { '/etc/cni/net.d/10-flannel.conflist': '{"plugins":[{"type": "flannel"}]}' } },
    '/etc/cni/net.d/10-flannel.conflist',
    'rm -rf /etc/cni/net.d/10-flannel.conflist',
  ],
  [
    'addresses that a pod network has given away',
    {
      files: { '/var/lib/cni/networks/cbr0/10.244.0.2': 'abc\r\neth0', '/run/flannel/subnet.env': 'FLANNEL_MTU=1450' },
    },
    '/var/lib/cni/networks/cbr0/, /run/flannel/',
    'rm -rf /var/lib/cni/networks/cbr0/ /run/flannel/',
  ],
  [
    'mounts of pods',
    {
      files: { '/proc/self/mountinfo': `${ROOT}40 22 0:50 / /var/lib/kubelet/pods/1/volumes/a rw - tmpfs tmpfs rw\n` },
    },
    'mount /var/lib/kubelet/pods/1/volumes/a',
    'reboot',
  ],
  [
    'containers of pods',
    { directories: ['/run/containerd/io.containerd.runtime.v2.task/k8s.io/abc'] },
    '1 containers of pods',
    'reboot',
  ],
])('%s is a trace', async (_, scene, found, fix) => {
  expect(await look(fakeHost(scene))).toMatchObject({ kind: 'fail', found, fix: expect.stringContaining(fix) })
})

test('a merged /usr is told once, and a long list is cut', async () => {
  const links = { '/lib': '/usr/lib' }
  const unit = { '/usr/lib/systemd/system/kubelet.service': '' }
  expect(await look(fakeHost({ files: unit, links }))).toMatchObject({
    found: '/usr/lib/systemd/system/kubelet.service',
  })
  const directories = Array.from({ length: 20 }, (_, i) => `/sys/class/net/cali${String(i).padStart(11, '0')}`)
  expect(await look(fakeHost({ directories }))).toMatchObject({ found: expect.stringMatching(/, and 12 more$/) })
})

test('Kubernetes of this installation passes; after its reset, what stayed is a trace', async () => {
  const files = (...entries: Entry[]) => ({
    '/usr/local/bin/kubelet': '',
    '/var/lib/cantrip/ledger/ledger.log': ledgerText(...entries),
  })
  const ours = fakeHost({ files: files(...KUBELET_INSTALLED) })
  expect(await look(ours)).toEqual({ kind: 'pass', found: 'Kubernetes of this installation alone' })
  const reset = fakeHost({ files: files(...KUBELET_INSTALLED, { kind: 'undone', change: 2 }) })
  expect(await look(reset)).toMatchObject({ kind: 'fail', found: '/usr/local/bin/kubelet' })
})
