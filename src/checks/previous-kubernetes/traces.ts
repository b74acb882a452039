import { CHAINS, HASH } from '../../base/kubernetes-names.ts'
import {
  CALICO_STATE,
  CNI_STATE,
  ETCD_DATA,
  FLANNEL_STATE,
  KUBELET_STATE,
  KUBELET_UNIT,
  KUBERNETES,
} from '../../base/kubernetes-paths.ts'
import { POD_NETWORKS, POD_TABLES } from '../../base/pod-network-traces.ts'

/** What distributions of Kubernetes leave on a machine. */
export interface Distribution {
  name: string
  /** File names in any of BINARY_DIRECTORIES. */
  binaries: readonly string[]
  units: readonly string[]
  /** Process names, truncated to 15 characters as in the kernel. */
  processes: readonly string[]
  /** A trace only if they contain a file. */
  directories: readonly string[]
  /** Its own scripts in BINARY_DIRECTORIES: one that stops its containers, and those that remove its programs. */
  stopScript?: string
  removeScripts?: readonly string[]
  /** The label of its Docker containers. */
  dockerLabel?: string
}

export const BINARY_DIRECTORIES = [
  '/usr/bin',
  '/usr/local/bin',
  '/opt/bin',
  '/snap/bin',
  '/usr/sbin',
  '/opt/rke2/bin',
  '/opt/rancher-system-agent/bin',
]
export const UNIT_DIRECTORIES = [
  '/etc/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
]

/** Kubespray runs etcd as a separate service. */
export const KUBESPRAY = 'Kubespray'

export const DISTRIBUTIONS: readonly Distribution[] = [
  {
    name: 'k3s',
    binaries: ['k3s'],
    units: ['k3s.service', 'k3s-agent.service'],
    processes: ['k3s-server', 'k3s-agent', 'k3s'],
    directories: ['/etc/rancher/k3s', '/var/lib/rancher/k3s'],
    stopScript: 'k3s-killall.sh',
    removeScripts: ['k3s-uninstall.sh', 'k3s-agent-uninstall.sh'],
  },
  {
    name: 'RKE2',
    binaries: ['rke2'],
    units: ['rke2-server.service', 'rke2-agent.service'],
    processes: ['rke2'],
    directories: ['/etc/rancher/rke2', '/var/lib/rancher/rke2'],
    stopScript: 'rke2-killall.sh',
    removeScripts: ['rke2-uninstall.sh'],
  },
  {
    name: 'Rancher',
    binaries: ['rancher-system-agent'],
    units: ['rancher-system-agent.service'],
    processes: ['rancher-system-'],
    directories: ['/etc/rancher/agent', '/var/lib/rancher/agent'],
    removeScripts: ['rancher-system-agent-uninstall.sh'],
  },
  {
    name: 'RKE',
    binaries: [],
    units: [],
    processes: [],
    directories: ['/opt/rke', '/var/lib/rancher/rke'],
    dockerLabel: 'io.rancher.rke.container.name',
  },
  {
    name: 'k0s',
    binaries: ['k0s'],
    units: ['k0scontroller.service', 'k0sworker.service'],
    processes: ['k0s'],
    directories: ['/etc/k0s', '/var/lib/k0s'],
  },
  {
    name: 'MicroK8s',
    binaries: ['microk8s'],
    units: ['snap.microk8s.daemon-kubelite.service'],
    processes: ['kubelite'],
    directories: ['/var/snap/microk8s'],
  },
  {
    name: 'Canonical Kubernetes',
    binaries: [],
    units: ['snap.k8s.kubelet.service', 'snap.kubelet.daemon.service', 'snap.kube-apiserver.daemon.service'],
    processes: ['k8sd'],
    directories: ['/var/snap/k8s', '/var/snap/kubelet'],
  },
  {
    name: 'MicroShift',
    binaries: ['microshift'],
    units: ['microshift.service'],
    processes: ['microshift', 'microshift-etcd'],
    directories: ['/var/lib/microshift', '/var/lib/microshift-backups'],
  },
  {
    name: 'minikube without a virtual machine',
    binaries: [],
    units: ['localkube.service'],
    processes: ['localkube'],
    directories: ['/var/lib/minikube', '/var/lib/localkube'],
  },
  {
    name: 'Amazon EKS',
    binaries: ['nodeadm'],
    units: ['nodeadm-config.service', 'nodeadm-run.service', 'eks-healthchecker.service'],
    processes: ['nodeadm'],
    directories: ['/opt/nodeadm', '/etc/eks/nodeadm'],
  },
  {
    name: KUBESPRAY,
    binaries: [],
    units: [],
    processes: [],
    directories: ['/etc/ssl/etcd', '/usr/local/bin/etcd-scripts'],
  },
  {
    name: 'kubeadm',
    binaries: ['kubeadm', 'kubelet', 'kube-apiserver', 'kube-proxy', 'kube-scheduler', 'kube-controller-manager'],
    units: [
      KUBELET_UNIT,
      'kube-apiserver.service',
      'kube-proxy.service',
      'kube-scheduler.service',
      'kube-controller-manager.service',
    ],
    processes: ['kubelet', 'kube-apiserver', 'kube-controller', 'kube-scheduler', 'kube-proxy'],
    directories: [KUBERNETES, KUBELET_STATE, ETCD_DATA],
  },
]

/** Mounts below these paths belong to pods. The path itself can be a mount point that an administrator created. */
export const POD_MOUNTS_BELOW = [
  KUBELET_STATE,
  '/var/lib/rancher',
  '/var/lib/k0s',
  '/var/lib/minikube',
  '/run/k3s',
  '/run/k0s',
  '/var/snap/microk8s',
  '/var/snap/k8s',
]

/** Tasks of containerd in the namespace of Kubernetes; Docker uses another one. */
export const POD_TASKS = '/run/containerd/io.containerd.runtime.v2.task/k8s.io'

/** State of a pod network: addresses that it considers assigned, and the subnet of the node. Podman uses the same parent. */
export const POD_NETWORK_STATE = [
  ...POD_NETWORKS.map((name) => `${CNI_STATE}/networks/${name}`),
  CALICO_STATE,
  FLANNEL_STATE,
]

/** BPF objects that Cilium, Calico and the Amazon VPC CNI pin. */
export const PINNED: readonly { directory: string; names: RegExp }[] = [
  { directory: '/sys/fs/bpf', names: /^(cilium|calico)$/ },
  { directory: '/sys/fs/bpf/tc/globals', names: /^(cilium_|cali)/ },
  { directory: '/sys/fs/bpf/globals', names: /^aws$/ },
]

/** Chains of kubelet, kube-proxy and pod networks, including those that Cantrip does not install; as patterns for awk. */
export const POD_CHAINS: readonly string[] = [
  ...CHAINS['KUBE-'],
  'KUBE-(PORTALS|NODEPORT)-(CONTAINER|HOST)',
  'KUBE-ROUTER-(INPUT|OUTPUT|FORWARD|SERVICES|HAIRPIN)',
  `KUBE-(NWPLCY|POD-FW)-${HASH}`,
  'KUBE-NWPLCY-(DEFAULT|COMMON|TAIL)',
  ...CHAINS['FLANNEL-'],
  'cali-(INPUT|OUTPUT|FORWARD|PREROUTING|POSTROUTING)',
  'cali-(cidr-block|fip-[ds]nat|nat-outgoing|rpf-skip|failsafe-in|failsafe-out|wl-to-host)',
  'cali-(from|to)-(wl-dispatch|hep-forward|host-endpoint|endpoint-mark|hep)[-a-z0-9]*',
  'cali-(set-endpoint-mark|tw|fw|th|fh|thfw|fhfw|pi|po|pri|pro|sm)(-[-_.A-Za-z0-9]+)?',
  ...CHAINS.CILIUM_,
  'CILIUM_TRANSIENT_FORWARD',
  'WEAVE(-EXPOSE|-CANARY)?',
  'WEAVE-IPSEC-(IN|OUT)(-MARK)?',
  'WEAVE-NPC(-(DEFAULT|INGRESS))?',
  'WEAVE-NPC-EGRESS(-(DEFAULT|CUSTOM|ACCEPT))?',
  'ANTREA-(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING|MANGLE)',
  'ANTREA-POL-(PRE-)?(INGRESS|EGRESS)-RULES',
]

/** Chains of the CNI plugins bridge, portmap and firewall, which podman and nerdctl have used as well. */
export const CNI_CHAINS: readonly string[] = [...CHAINS['CNI-'], 'CNI-(FORWARD|ADMIN)']

/** Names of nftables tables. */
export const TABLES: readonly string[] = [...POD_TABLES, 'antrea']

/** Routing rules in the format of `ip rule`: of Cilium, Calico with WireGuard, the Amazon VPC CNI and kube-router. */
export const POD_RULES = [
  /\bfwmark 0x(200|a00)\/0xf00 lookup 200[45]$/,
  /\bnot from all fwmark 0x(100000|200000)\/0x(100000|200000) lookup 1$/,
  /\bfwmark 0x80\/0x80 lookup main$/,
  /\blookup kube-router(-dsr)?$/,
]

/** CNI plugins that only pod networks use: podman, nerdctl and CRI-O have configurations with bridge, loopback and others. */
export const KUBERNETES_PLUGIN =
  /"type"\s*:\s*"(flannel|calico|cilium-cni|weave-net|kube-router|antrea|canal|multus(-shim)?|ovn-k8s-cni-overlay)"/
