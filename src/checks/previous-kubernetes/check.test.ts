import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { KUBELET_INSTALLED, ledgerText } from '../../../test/support/fixtures/ledger.ts'
import { BUNDLE_STEPS } from '../../ledger/baked.ts'
import type { Entry } from '../../ledger/entry.ts'
import { check } from './check.ts'

const ownStateDirectory = '/var/lib/cantrip'
const look = (host: ReturnType<typeof fakeHost>) => check.look(host, { roles: [], ownStateDirectory })
type Scene = Parameters<typeof fakeHost>[0]

const ROOT = '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n'
const process = (pid: number, name: string) => ({ [`/proc/${pid}/comm`]: `${name}\n` })
const PODMAN =
  '{"cniVersion":"0.4.0","name":"podman","plugins":[{"type":"bridge","bridge":"cni-podman0"},{"type":"portmap"}]}'

const BAKED = KUBELET_INSTALLED.map((entry) =>
  entry.kind === 'change' ? { ...entry, step: `${BUNDLE_STEPS}kubelet/install-binary` } : entry,
)

test.each<[string, Scene]>([
  ['nothing at all', {}],
  [
    'executables that are part of the image',
    {
      files: {
        '/usr/local/bin/kubelet': 'x',
        [`${ownStateDirectory}/ledger/ledger.jsonl`]: ledgerText(...BAKED),
      },
    },
  ],
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
      directories: [
        '/sys/class/net/lxcbr0',
        '/sys/class/net/lxdbr0',
        '/sys/class/net/cilium_lab',
        '/sys/class/net/veth1a2b3c4d',
      ],
    },
  ],
  [
    'links that only have the prefix of a pod network',
    {
      directories: ['flannel-office', 'flannel.vpn', 'calideadbeef', 'cali0123456789ab', 'lxc0123', 'weave1'].map(
        (name) => `/sys/class/net/${name}`,
      ),
    },
  ],
  [
    'chains that only have the prefix of a pod network',
    {
      commands: {
        'iptables-nft-save': {
          stdout: `*filter\n${[
            'CILIUM_ALLOW',
            'CILIUM_INPUT_office',
            'WEAVE-OFFICE',
            'ANTREA-OFFICE',
            'KUBE-SVC-OFFICE',
            'KUBE-NODE-PORTS',
            'CNI-DN-24a3f',
            'CNI-dead',
          ]
            .map((name) => `:${name} - [0:0]\n`)
            .join('')}COMMIT\n`,
        },
      },
    },
  ],
  [
    'rules of podman, nerdctl, libvirt, Tailscale and wg-quick',
    {
      files: { '/etc/cni/net.d/87-podman-bridge.conflist': PODMAN },
      commands: {
        'iptables-nft-save': {
          stdout: `*nat\n${[
            'CNI-HOSTPORT-DNAT',
            'CNI-24a3f2b1c5d6e7f8a9b0c1d2',
            'CNI-DN-24a3f',
            'DOCKER',
            'LIBVIRT_PRT',
            'ts-postrouting',
            'NETAVARK-HOSTPORT-DNAT',
            'KUBE-ALLOW',
            'cali-mine',
            'WEAVER',
          ]
            .map((name) => `:${name} - [0:0]\n`)
            .join('')}COMMIT\n`,
        },
        'nft list tables': {
          stdout: 'table inet netavark\ntable ip wg-quick-wg0\ntable inet lxd\ntable inet flannel\n',
        },
        'ip rule show': {
          stdout:
            '0:\tfrom all lookup local\n5210:\tfrom all fwmark 0x80000/0xff0000 lookup main\n5270:\tfrom all lookup 52\n32764:\tfrom all lookup main suppress_prefixlength 0\n32765:\tnot from all fwmark 0xca6c lookup 51820\n',
        },
      },
    },
  ],
  ['programs that systemd has pinned', { directories: ['/sys/fs/bpf/systemd', '/sys/fs/bpf/ip'] }],
  ['another etcd, with data elsewhere', { files: process(300, 'etcd') }],
  ['the client of minikube', { files: { '/usr/local/bin/minikube': '', '/usr/local/bin/kind': '' } }],
  ['a symbolic link to itself', { links: { '/var/lib/etcd': 'etcd' } }],
  ['kubectl', { files: { '/usr/bin/kubectl': '' } }],
  [
    'the state of an installed agent',
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
  expect(await look(fakeHost(scene))).toEqual({ kind: 'pass', found: 'no traces' })
})

const moved = (parent: string, ...names: string[]) =>
  `mv -t "$old"${parent} ${names.map((name) => `${parent}/${name}`).join(' ')}`
const MOUNTED = '/proc/self/mountinfo'

test.each<[string, Scene, string, string]>([
  ['a kubelet binary', { files: { '/usr/bin/kubelet': '' } }, '/usr/bin/kubelet', moved('/usr/bin', 'kubelet')],
  [
    'a kubelet unit',
    { files: { '/etc/systemd/system/kubelet.service': '' } },
    '/etc/systemd/system/kubelet.service',
    'systemctl disable --now kubelet.service; old=',
  ],
  [
    'a running kubelet',
    { files: process(812, 'kubelet') },
    'process kubelet (pid 812)',
    'pkill --ns $$ --nslist pid -x kubelet',
  ],
  [
    'a running kubelet of a unit without a file',
    { files: { ...process(812, 'kubelet'), '/proc/812/cgroup': '0::/system.slice/old kubelet.service\n' } },
    'process kubelet (pid 812)',
    "systemctl stop 'old kubelet.service'",
  ],
  [
    'manifests',
    { files: { '/etc/kubernetes/manifests/etcd.yaml': 'kind: Pod' } },
    '/etc/kubernetes/',
    moved('/etc', 'kubernetes'),
  ],
  ['data of etcd', { files: { '/var/lib/etcd/member/snap/db': 'x' } }, '/var/lib/etcd/', moved('/var/lib', 'etcd')],
  [
    'data of etcd on a separate disk',
    {
      files: {
        '/var/lib/etcd/member/snap/db': 'x',
        [MOUNTED]: `${ROOT}30 22 8:17 / /var/lib/etcd rw - ext4 /dev/sdb1 rw\n`,
      },
      directories: ['/var/lib/etcd/lost+found'],
    },
    '/var/lib/etcd/',
    moved('/var/lib/etcd', 'member'),
  ],
  [
    'state behind a link to another disk, with a volume in it',
    {
      files: {
        '/data/kubelet/pods/1/x': '1',
        [MOUNTED]: `${ROOT}40 22 0:50 / /data/kubelet/pods/1/volumes/a rw - tmpfs tmpfs rw\n`,
      },
      links: { '/var/lib/kubelet': '/data/kubelet' },
    },
    '/var/lib/kubelet/, mount /data/kubelet/pods/1/volumes/a',
    "findmnt -lno TARGET | grep -E '^(/data/kubelet)/.' | LC_ALL=C sort -r | xargs -rd '\\n' umount && ! findmnt",
  ],
  [
    'k3s',
    { files: { '/usr/local/bin/k3s': '', '/etc/rancher/k3s/k3s.yaml': '' } },
    '/usr/local/bin/k3s, /etc/rancher/k3s/',
    moved('/usr/local/bin', 'k3s'),
  ],
  [
    'k3s with its scripts: volumes are moved before the script deletes their directory',
    {
      files: {
        ...Object.fromEntries(
          ['k3s', 'k3s-killall.sh', 'k3s-agent-uninstall.sh'].map((name) => [`/usr/local/bin/${name}`, '']),
        ),
        '/var/lib/rancher/k3s/storage/pvc-1/data': 'x',
      },
    },
    '/usr/local/bin/k3s, /var/lib/rancher/k3s/',
    `/usr/local/bin/k3s-killall.sh; ! findmnt -lno TARGET | grep -E '^(/var/lib/rancher/k3s)/.' && old=$(mktemp -d /var/lib/former-kubernetes-XXXXXX) && mkdir -p "$old"/var/lib/rancher && ${moved('/var/lib/rancher', 'k3s')} && /usr/local/bin/k3s-agent-uninstall.sh`,
  ],
  [
    'RKE2',
    { files: { '/usr/local/lib/systemd/system/rke2-server.service': '' } },
    '/usr/local/lib/systemd/system/rke2-server.service',
    'systemctl disable --now rke2-server.service',
  ],
  ['k0s', { files: process(77, 'k0s') }, 'process k0s (pid 77)', 'pkill --ns $$ --nslist pid -x k0s'],
  ['MicroK8s', { files: { '/snap/bin/microk8s': '' } }, '/snap/bin/microk8s', 'snap remove microk8s'],
  [
    'the agent of Rancher',
    { files: { '/etc/rancher/agent/config.yaml': '', '/usr/local/bin/rancher-system-agent': '' } },
    '/usr/local/bin/rancher-system-agent, /etc/rancher/agent/',
    moved('/usr/local/bin', 'rancher-system-agent'),
  ],
  [
    'RKE, which runs in Docker containers',
    { files: { '/opt/rke/etcd-snapshots/1.zip': '' } },
    '/opt/rke/',
    'docker ps --all --quiet --filter label=io.rancher.rke.container.name | xargs -r docker rm --force',
  ],
  [
    'MicroShift of a package',
    {
      files: { '/usr/bin/microshift': '', '/usr/bin/rpm': '', '/usr/bin/dnf': '' },
      commands: { 'rpm --query': { stdout: 'microshift\n' } },
    },
    '/usr/bin/microshift',
    'dnf remove -y microshift',
  ],
  [
    'kubelet of a package on hold',
    {
      files: {
        '/usr/bin/kubelet': '',
        '/usr/lib/systemd/system/kubelet.service': '',
        '/usr/bin/dpkg-query': '',
        '/usr/bin/apt-get': '',
      },
      commands: {
        'dpkg-query --search /usr/lib/systemd/system/kubelet.service': { exitCode: 1 },
        'dpkg-query --search /lib/systemd/system/kubelet.service': {
          stdout: 'kubelet: /lib/systemd/system/kubelet.service\n',
        },
        'dpkg-query --search /usr/bin/kubelet': { stdout: 'kubelet:amd64: /usr/bin/kubelet\n' },
      },
    },
    '/usr/bin/kubelet, /usr/lib/systemd/system/kubelet.service',
    'apt-get purge -y --allow-change-held-packages kubelet',
  ],
  [
    'minikube without a virtual machine',
    { files: { '/var/lib/minikube/certs/ca.crt': '' } },
    '/var/lib/minikube/',
    moved('/var/lib', 'minikube'),
  ],
  [
    'nodeadm of Amazon EKS',
    { files: { '/usr/bin/nodeadm': '', '/etc/systemd/system/nodeadm-run.service': '' } },
    '/usr/bin/nodeadm, /etc/systemd/system/nodeadm-run.service',
    'systemctl disable --now nodeadm-run.service',
  ],
  [
    'the etcd of Kubespray',
    {
      files: {
        '/etc/ssl/etcd/ssl/ca.pem': '',
        ...process(300, 'etcd'),
        '/proc/300/cgroup': '0::/system.slice/etcd.service\n',
      },
    },
    '/etc/ssl/etcd/',
    'systemctl stop etcd.service',
  ],
  [
    'data of a running etcd that does not belong to Kubernetes is not moved',
    { files: { '/var/lib/etcd/default/member/snap/db': 'x', ...process(300, 'etcd') } },
    '/var/lib/etcd/',
    '  # /var/lib/etcd is not moved: an etcd that does not belong to Kubernetes runs',
  ],
  [
    'the bridge of flannel',
    { directories: ['/sys/class/net/cni0', '/sys/class/net/flannel.1'] },
    'network link cni0, network link flannel.1',
    'ip link delete cni0; ip link delete flannel.1',
  ],
  [
    'links of Calico and Cilium',
    {
      directories: ['cali0123456789a', 'cilium_host', 'cilium_net'].map((name) => `/sys/class/net/${name}`),
    },
    'network link cali0123456789a, network link cilium_host, network link cilium_net',
    'ip link delete cali0123456789a; ip link delete cilium_host',
  ],
  [
    'links of flannel with WireGuard and of Weave',
    { directories: ['flannel-wg', 'flannel-v6.1', 'weave'].map((name) => `/sys/class/net/${name}`) },
    'network link flannel-v6.1, network link flannel-wg, network link weave',
    'ip link delete flannel-v6.1; ip link delete flannel-wg; ip link delete weave',
  ],
  [
    'a CNI file',
    { files: { '/etc/cni/net.d/10 (old) flannel.conflist': '{"plugins":[{"type": "flannel"}]}' } },
    '/etc/cni/net.d/10 (old) flannel.conflist',
    `mv -t "$old"/etc/cni/net.d '/etc/cni/net.d/10 (old) flannel.conflist'`,
  ],
  [
    'addresses that a pod network assigned',
    {
      files: { '/var/lib/cni/networks/cbr0/10.244.0.2': 'abc\r\neth0', '/run/flannel/subnet.env': 'FLANNEL_MTU=1450' },
    },
    '/var/lib/cni/networks/cbr0/, /run/flannel/',
    `${moved('/var/lib/cni/networks', 'cbr0')} && ${moved('/run', 'flannel')}`,
  ],
  [
    'mounts of pods',
    {
      files: { [MOUNTED]: `${ROOT}40 22 0:50 / /var/lib/kubelet/pods/1/volumes/a rw - tmpfs tmpfs rw\n` },
    },
    'mount /var/lib/kubelet/pods/1/volumes/a',
    "grep -E '^(/var/lib/kubelet)/.' | LC_ALL=C sort -r | xargs -rd '\\n' umount",
  ],
  [
    'containers of pods without a running containerd',
    { directories: ['/run/containerd/io.containerd.runtime.v2.task/k8s.io/abc'] },
    '1 containers of pods',
    'reboot',
  ],
  [
    'containers of pods',
    {
      directories: ['/run/containerd/io.containerd.runtime.v2.task/k8s.io/abc', '/run/systemd/system'],
      files: { '/usr/bin/ctr': '' },
      units: { 'containerd.service': { enabled: true, active: true } },
    },
    '1 containers of pods',
    '/usr/bin/ctr -n k8s.io tasks list -q | xargs -r /usr/bin/ctr -n k8s.io tasks delete --force',
  ],
  [
    'chains',
    {
      commands: {
        'iptables-nft-save': {
          stdout: `*filter\n:INPUT ACCEPT [0:0]\n:KUBE-FIREWALL - [0:0]\n:KUBE-MINE - [0:0]\nCOMMIT\n`,
        },
        'ip6tables-nft-save': {
          stdout: `*nat\n:CNI-HOSTPORT-DNAT - [0:0]\n:KUBE-SVC-ERIFXISQEP7F7OF4 - [0:0]\nCOMMIT\n`,
        },
      },
    },
    'chain KUBE-FIREWALL of iptables-nft, chain CNI-HOSTPORT-DNAT and 1 more of ip6tables-nft',
    "iptables-nft-save | awk -v names='^(KUBE-(SOURCE-RANGES-)?FIREWALL)$'",
  ],
  [
    'a table of kube-proxy',
    { commands: { 'nft list tables': { stdout: 'table inet filter\ntable ip kube-proxy\n' } } },
    'nftables table ip kube-proxy',
    'nft delete table ip kube-proxy',
  ],
  [
    'a routing rule of Cilium',
    {
      commands: {
        'ip rule show': { stdout: '0:\tfrom all lookup local\n9:\tfrom all fwmark 0x200/0xf00 lookup 2004\n' },
      },
    },
    'routing rule 9: from all fwmark 0x200/0xf00 lookup 2004',
    'ip -4 rule delete pref 9 from all fwmark 0x200/0xf00 lookup 2004; ip -4 route flush table 2004',
  ],
  [
    'maps that Cilium and Calico have pinned',
    {
      directories: [
        '/sys/fs/bpf/cilium/devices',
        '/sys/fs/bpf/tc/globals/cilium_ct4_global',
        '/sys/fs/bpf/tc/globals/mine',
      ],
    },
    '/sys/fs/bpf/cilium, /sys/fs/bpf/tc/globals/cilium_ct4_global',
    'rm -r /sys/fs/bpf/cilium /sys/fs/bpf/tc/globals/cilium_ct4_global',
  ],
])('%s is a trace', async (_, scene, found, fix) => {
  expect(await look(fakeHost(scene))).toMatchObject({ kind: 'fail', found, fix: expect.stringContaining(fix) })
})

test.each([
  ...['KUBE-SERVICES', 'KUBE-NODE-PORT', 'KUBE-SEP-IT2ZTR26TO4XFPTO', 'KUBE-POD-FW-QYOJWIVJPZTKCO7U', 'FLANNEL-FWD'],
  ...['CILIUM_INPUT', 'OLD_CILIUM_POST_nat', 'CILIUM_TRANSIENT_FORWARD', 'WEAVE', 'WEAVE-NPC-EGRESS-ACCEPT'],
  ...['WEAVE-IPSEC-OUT-MARK', 'ANTREA-POL-PRE-INGRESS-RULES', 'CNI-DN-0123456789abcdef01234'],
  ...['CNI-0123456789abcdef01234567', 'CNI-HOSTPORT-MASQ'],
])('the chain %s is a trace', async (name) => {
  const commands = { 'iptables-nft-save': { stdout: `*nat\n:${name} - [0:0]\nCOMMIT\n` } }
  expect(await look(fakeHost({ commands }))).toMatchObject({ found: `chain ${name} of iptables-nft` })
})

test('with a merged /usr each file is reported once, and a long list is shortened', async () => {
  const links = { '/lib': '/usr/lib' }
  const unit = { '/usr/lib/systemd/system/kubelet.service': '' }
  expect(await look(fakeHost({ files: unit, links }))).toMatchObject({
    found: '/usr/lib/systemd/system/kubelet.service',
  })
  const directories = Array.from({ length: 20 }, (_, i) => `/sys/class/net/cali${String(i).padStart(11, '0')}`)
  expect(await look(fakeHost({ directories }))).toMatchObject({ found: expect.stringMatching(/, and 12 more$/) })
})

test('Kubernetes of this installation passes; after its reset, remaining files are traces', async () => {
  const files = (...entries: Entry[]) => ({
    '/usr/local/bin/kubelet': '',
    '/var/lib/cantrip/ledger/ledger.log': ledgerText(...entries),
  })
  const installed = fakeHost({ files: files(...KUBELET_INSTALLED) })
  expect(await look(installed)).toEqual({ kind: 'pass', found: 'only Kubernetes of this installation' })
  const reset = fakeHost({ files: files(...KUBELET_INSTALLED, { kind: 'undone', change: 2 }) })
  expect(await look(reset)).toMatchObject({ kind: 'fail', found: '/usr/local/bin/kubelet' })
})
