export interface NeededCommand {
  /** One of these will do. */
  names: readonly string[]
  use: string
  kind: 'warn' | 'fail'
  /** What brings it, on Debian's, Red Hat's and SUSE's relatives; one name where it is the same on all. */
  packages: string | { apt: string; dnf: string; zypper: string }
}

const everywhere = (name: string) => ({ apt: name, dnf: name, zypper: name })

/** What is missing of the first ones stops kubeadm (its InPathCheck), the kubelet, CNI plugins, or taking all back. */
export const NEEDED_COMMANDS: readonly NeededCommand[] = [
  { names: ['mount'], use: 'volumes', kind: 'fail', packages: { ...everywhere('util-linux'), apt: 'mount' } },
  { names: ['umount'], use: 'volumes', kind: 'fail', packages: { ...everywhere('util-linux'), apt: 'mount' } },
  { names: ['losetup'], use: 'block volumes', kind: 'fail', packages: { ...everywhere('util-linux'), apt: 'mount' } },
  { names: ['nsenter'], use: 'namespaces of pods', kind: 'fail', packages: 'util-linux' },
  { names: ['cp'], use: 'kubeadm', kind: 'fail', packages: 'coreutils' },
  { names: ['tar'], use: 'kubectl cp and backups', kind: 'fail', packages: 'tar' },
  { names: ['ip'], use: 'network links', kind: 'fail', packages: { ...everywhere('iproute2'), dnf: 'iproute' } },
  {
    names: ['iptables', 'nft'],
    use: 'host ports of pods',
    kind: 'fail',
    packages: { ...everywhere('iptables'), dnf: 'iptables-nft' },
  },
  // kubeadm asks for it below Kubernetes 1.32 only: kube-proxy no longer runs it.
  {
    names: ['conntrack'],
    use: 'troubleshooting connections',
    kind: 'warn',
    packages: { ...everywhere('conntrack-tools'), apt: 'conntrack' },
  },
  { names: ['socat'], use: 'kubectl port-forward of older runtimes', kind: 'warn', packages: 'socat' },
  { names: ['ethtool'], use: 'troubleshooting network cards', kind: 'warn', packages: 'ethtool' },
]
