import type { Versioned } from './versions/sets.ts'

/** The executables of a bundle, each with the component whose version it has. */
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
  etcdutl: 'etcd',
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

/** Image repositories. `first`: a node needs the image to become Ready. */
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

/** Every bundle has the manifest of flannel, the default pod network. Those of other pod networks are optional. */
export const MANIFESTS = {
  'flannel.yaml': { version: 'flannel', required: true },
  'calico.yaml': { version: 'calico', required: false },
  'cilium.yaml': { version: 'cilium', required: false },
} as const satisfies Record<string, { version: Versioned; required: boolean }>
