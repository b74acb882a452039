import {
  CNI_CONFIGURATION,
  CNI_PLUGINS,
  CONTAINERD,
  ETCD_DATA,
  KUBELET_STATE,
  KUBERNETES,
  UNITS,
} from '../../base/kubernetes-paths.ts'
import { type Layout, ownPrograms } from '../../base/layout.ts'
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

export const writtenPaths = (layout: Layout): readonly WrittenPath[] => [
  { path: layout.binaries, roles: all, executable: 'of Kubernetes' },
  { path: ownPrograms(layout), roles: all, executable: 'of Kubernetes' },
  { path: CNI_PLUGINS, roles: all, executable: 'of Kubernetes' },
  { path: UNITS, roles: all },
  { path: KUBERNETES, roles: all },
  { path: CONTAINERD.configuration, roles: all },
  { path: CNI_CONFIGURATION, roles: all },
  {
    path: CONTAINERD.root,
    roles: all,
    executable: 'of containers',
    layers: true,
    lasting: true,
    inodes: 50_000,
  },
  { path: KUBELET_STATE, roles: all, lasting: true, holds: 'pods', inodes: 10_000 },
  { path: ETCD_DATA, roles: ['master'], lasting: true, holds: 'a database' },
  { path: '/var/log', roles: all },
  { path: '/run', roles: all },
]
