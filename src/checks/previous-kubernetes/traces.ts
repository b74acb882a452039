/** What distributions of Kubernetes leave on a machine, and how each is taken away. */
export interface Distribution {
  name: string
  /** In any of BINARY_DIRECTORIES. */
  binaries: readonly string[]
  units: readonly string[]
  /** Process names, cut at 15 characters as the kernel does. */
  processes: readonly string[]
  /** Traces when there is at least one file in them. */
  directories: readonly string[]
  fix: string
}

export const BINARY_DIRECTORIES = ['/usr/bin', '/usr/local/bin', '/opt/bin', '/snap/bin', '/usr/sbin', '/opt/rke2/bin']
export const UNIT_DIRECTORIES = [
  '/etc/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
]

export const DISTRIBUTIONS: readonly Distribution[] = [
  {
    name: 'k3s',
    binaries: ['k3s'],
    units: ['k3s.service', 'k3s-agent.service'],
    processes: ['k3s-server', 'k3s-agent', 'k3s'],
    directories: ['/etc/rancher/k3s', '/var/lib/rancher/k3s'],
    fix: 'k3s-uninstall.sh || k3s-agent-uninstall.sh',
  },
  {
    name: 'RKE2',
    binaries: ['rke2'],
    units: ['rke2-server.service', 'rke2-agent.service'],
    processes: ['rke2'],
    directories: ['/etc/rancher/rke2', '/var/lib/rancher/rke2'],
    fix: 'rke2-uninstall.sh',
  },
  {
    name: 'k0s',
    binaries: ['k0s'],
    units: ['k0scontroller.service', 'k0sworker.service'],
    processes: ['k0s'],
    directories: ['/etc/k0s', '/var/lib/k0s'],
    fix: 'k0s stop; k0s reset',
  },
  {
    name: 'MicroK8s',
    binaries: ['microk8s'],
    units: ['snap.microk8s.daemon-kubelite.service'],
    processes: ['kubelite'],
    directories: ['/var/snap/microk8s'],
    fix: 'snap remove --purge microk8s',
  },
  {
    name: 'kubeadm',
    binaries: ['kubeadm', 'kubelet'],
    units: ['kubelet.service'],
    processes: ['kubelet', 'kube-apiserver', 'kube-controller', 'kube-scheduler', 'kube-proxy'],
    directories: ['/etc/kubernetes', '/var/lib/kubelet', '/var/lib/etcd'],
    fix: 'kubeadm reset -f; systemctl disable --now kubelet; apt-get purge -y kubeadm kubelet || dnf remove -y kubeadm kubelet; rm -rf /etc/kubernetes /var/lib/kubelet/* /var/lib/etcd/*',
  },
]

/** Below these, mounts are those of pods. The mount point itself may be a disk that a person put there. */
export const POD_MOUNTS_BELOW = ['/var/lib/kubelet', '/var/lib/rancher', '/var/lib/k0s', '/run/k3s', '/run/k0s']

/** Tasks of containerd in the namespace of Kubernetes; those of Docker have another. */
export const POD_TASKS = '/run/containerd/io.containerd.runtime.v2.task/k8s.io'

/** State of a pod network: addresses that it takes for given away, and the subnet of a node. Podman's lies beside it. */
export const POD_NETWORK_STATE = [
  '/var/lib/cni/networks/cbr0',
  '/var/lib/cni/networks/k8s-pod-network',
  '/var/lib/calico',
  '/run/flannel',
]

/** Links that a CNI of Kubernetes makes. Docker's, podman's, LXD's and libvirt's have other names. */
export const POD_LINK =
  /^(cni0|flannel([.-])\S+|cilium_\w+|lxc_health|lxc[0-9a-f]{12}|cali[0-9a-f]{8,}|vxlan(-v6)?\.calico|wireguard\.cali|wg-v6\.cali|kube-ipvs0|kube-bridge|kube-dummy-if|nodelocaldns|weave|antrea-(gw|tun)0|ovn-k8s-mp0)$/

/** Plugins that only a Kubernetes network uses: podman, nerdctl and CRI-O bring files with bridge, loopback and the like. */
export const KUBERNETES_PLUGIN =
  /"type"\s*:\s*"(flannel|calico|cilium-cni|weave-net|kube-router|antrea|canal|multus(-shim)?|ovn-k8s-cni-overlay)"/
