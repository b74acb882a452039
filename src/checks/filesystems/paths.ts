import type { CheckParams } from '../../engine/checks/check.ts'

type NodeRole = CheckParams['roles'][number]

export interface WrittenPath {
  path: string
  roles: readonly NodeRole[]
  /** The programs that are started from here. */
  executable?: 'of Kubernetes' | 'of containers'
  /** Image layers are mounted from here with overlayfs. */
  layers?: true
  /** Holds state of the cluster or of pods, which must survive a restart. */
  lasting?: true
  /** Content that needs more of a file system than files that are written once. */
  holds?: 'a database' | 'pods'
  /** Inodes that images and pods need. */
  inodes?: number
}

const all: readonly NodeRole[] = ['master', 'worker', 'storage']

export const WRITTEN_PATHS: readonly WrittenPath[] = [
  { path: '/usr/local/bin', roles: all, executable: 'of Kubernetes' },
  { path: '/usr/local/lib/cantrip', roles: all, executable: 'of Kubernetes' },
  { path: '/opt/cni/bin', roles: all, executable: 'of Kubernetes' },
  { path: '/etc/systemd/system', roles: all },
  { path: '/etc/kubernetes', roles: all },
  { path: '/etc/cantrip-containerd', roles: all },
  { path: '/etc/cni/net.d', roles: all },
  {
    path: '/var/lib/cantrip-containerd',
    roles: all,
    executable: 'of containers',
    layers: true,
    lasting: true,
    inodes: 50_000,
  },
  { path: '/var/lib/kubelet', roles: all, lasting: true, holds: 'pods', inodes: 10_000 },
  { path: '/var/lib/etcd', roles: ['master'], lasting: true, holds: 'a database' },
  { path: '/var/log', roles: all },
  { path: '/run', roles: all },
]
