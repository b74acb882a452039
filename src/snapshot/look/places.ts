import { CALICO_STATE, CNI_STATE, CONTAINERD, ETCD_DATA, KUBELET_STATE } from '../../base/kubernetes-paths.ts'

export interface Place {
  path: string
  /** Levels to descend; 1 is the directory's own entries. */
  depth: number
  /** Files up to this size are compared by their content; others by size and time. */
  contentBytes: number
}

const CONTENT = 64 * 1024

/**
 * Places of system configuration, and those where Kubernetes, its network and Cantrip write. Not observed: home
 * directories, /tmp, /srv and other data, and the rest of /usr, which belongs to the package manager.
 */
export const PLACES: readonly Place[] = [
  { path: '/', depth: 1, contentBytes: 0 },
  { path: '/etc', depth: 12, contentBytes: CONTENT },
  { path: '/usr/local', depth: 2, contentBytes: 0 },
  { path: '/usr/libexec', depth: 1, contentBytes: 0 },
  { path: '/opt', depth: 3, contentBytes: 0 },
  { path: '/root', depth: 1, contentBytes: CONTENT },
  { path: '/run', depth: 1, contentBytes: 0 },
  { path: '/var', depth: 1, contentBytes: 0 },
  { path: '/var/lib', depth: 1, contentBytes: 0 },
  { path: '/var/log', depth: 1, contentBytes: 0 },
  ...[KUBELET_STATE, ETCD_DATA, CONTAINERD.root, CNI_STATE, CALICO_STATE].map((path) => ({
    path,
    depth: 2,
    contentBytes: 0,
  })),
]

/** Limit per place. A place with more entries is not compared, which is reported. */
export const MOST_ENTRIES = 10_000

/** File systems that need no server. */
export const LOCAL_FILE_SYSTEMS: ReadonlySet<string> = new Set([
  ...['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'f2fs', 'zfs', 'bcachefs', 'vfat', 'squashfs'],
  ...['overlay', 'tmpfs', 'ramfs', 'devtmpfs'],
])

/**
 * Kernel parameters that are counters, or that the kernel sets by itself, are ignored. Regular expressions over the name
 * with dots.
 */
export const VOLATILE_SYSCTLS: readonly RegExp[] = [
  /^fs\.(dentry-state|inode-nr|inode-state|file-nr|aio-nr|quota\.|binfmt_misc\.)/,
  /^kernel\.(random\.|perf_event_max_sample_rate|ns_last_pid|pty\.nr|tainted|version|osrelease|sched_domain\.|bootloader_|hostname|domainname)/,
  /^net\.netfilter\.(nf_conntrack_count|nf_log\.)/,
  /^net\.ipv[46]\.(neigh|route)\./,
  /^net\.core\.netdev_rss_key$/,
  /^net\.ipv4\.tcp_(fastopen_key|available_)/,
  // hop_limit and mtu are set by router advertisements.
  /^net\.ipv6\.conf\..*\.(stable_secret|hop_limit|mtu)$/,
  /^dev\.cdrom\./,
]
