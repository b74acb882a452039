export interface NeededCommand {
  /** Any one of these is enough. */
  names: readonly string[]
  use: string
  kind: 'warn' | 'fail'
  /** The package with the command, by package manager; one name if it is the same for all. */
  packages: string | { apt: string; dnf: string; zypper: string }
}

const everywhere = (name: string) => ({ apt: name, dnf: name, zypper: name })

/** Without one of the kind `fail`, kubeadm (its InPathCheck), the kubelet, CNI plugins or an uninstallation fails. */
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
  // kubeadm checks for it only before Kubernetes 1.32; kube-proxy no longer runs it.
  {
    names: ['conntrack'],
    use: 'troubleshooting connections',
    kind: 'warn',
    packages: { ...everywhere('conntrack-tools'), apt: 'conntrack' },
  },
  { names: ['socat'], use: 'kubectl port-forward of older runtimes', kind: 'warn', packages: 'socat' },
  { names: ['ethtool'], use: 'troubleshooting network cards', kind: 'warn', packages: 'ethtool' },
]
