/**
 * The versions that this builder puts together: one set a Kubernetes version, known to work with one another.
 * Image tags are those that kubeadm and the manifests of that version ask for.
 */
export const VERSIONS = {
  kubernetes: 'v1.36.3',
  etcd: 'v3.6.16',
  containerd: 'v2.3.7',
  runc: 'v1.4.2',
  cniPlugins: 'v1.9.1',
  flannel: 'v0.28.4',
  flannelPlugin: 'v1.9.1-flannel1',
  coredns: 'v1.14.2',
  pause: '3.10.2',
  calico: 'v3.28.5',
  cilium: 'v1.20.2',
} as const

export type Versioned = keyof typeof VERSIONS
export type Arch = 'x64' | 'arm64'

/** Names of the upstream world for an architecture. */
export const ARCH = {
  x64: { go: 'amd64', oci: 'amd64', triplet: 'x86_64-linux-gnu', debian: 'amd64', elfMachine: 62 },
  arm64: { go: 'arm64', oci: 'arm64', triplet: 'aarch64-linux-gnu', debian: 'arm64', elfMachine: 183 },
} as const satisfies Record<Arch, object>

/** What a bundle must hold, and whose version each of it has. */
export const BINARIES = {
  kubeadm: 'kubernetes',
  kubelet: 'kubernetes',
  kubectl: 'kubernetes',
  containerd: 'containerd',
  'containerd-shim-runc-v2': 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  etcd: 'etcd',
  etcdctl: 'etcd',
  coredns: 'coredns',
} as const satisfies Record<string, Versioned>

export const CNI_PLUGINS = {
  bridge: 'cniPlugins',
  loopback: 'cniPlugins',
  'host-local': 'cniPlugins',
  portmap: 'cniPlugins',
  bandwidth: 'cniPlugins',
  flannel: 'flannelPlugin',
} as const satisfies Record<string, Versioned>

/** Image repositories; `first` are those without which no node becomes Ready. */
export const IMAGES = {
  'registry.k8s.io/pause': { version: 'pause', first: true },
  'registry.k8s.io/kube-apiserver': { version: 'kubernetes', first: true },
  'registry.k8s.io/kube-controller-manager': { version: 'kubernetes', first: true },
  'registry.k8s.io/kube-scheduler': { version: 'kubernetes', first: true },
  'registry.k8s.io/kube-proxy': { version: 'kubernetes', first: false },
  'registry.k8s.io/coredns/coredns': { version: 'coredns', first: false },
  'ghcr.io/flannel-io/flannel': { version: 'flannel', first: false },
  'ghcr.io/flannel-io/flannel-cni-plugin': { version: 'flannelPlugin', first: false },
} as const satisfies Record<string, { version: Versioned; first: boolean }>

export const AGENT_IMAGE = 'cantrip.local/agent'

/** A bundle without flannel's manifest cannot bring a node up; the other networks are there where they can be had. */
export const MANIFESTS = {
  'flannel.yaml': { version: 'flannel', required: true },
  'calico.yaml': { version: 'calico', required: false },
  'cilium.yaml': { version: 'cilium', required: false },
} as const satisfies Record<string, { version: Versioned; required: boolean }>
