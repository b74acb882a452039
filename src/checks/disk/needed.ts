import { dirname } from 'node:path/posix'
import { CNI_PLUGINS, CONTAINERD, ETCD_DATA, KUBELET_STATE } from '../../base/kubernetes-paths.ts'
import type { Layout } from '../../base/layout.ts'
import type { CheckParams } from '../../engine/checks/check.ts'

type NodeRole = CheckParams['roles'][number]

export interface NeededSpace {
  path: string
  mib: number
  roles: readonly NodeRole[]
}

const all: readonly NodeRole[] = ['master', 'worker', 'storage']

/** Free MiB for what a node writes: binaries, images and their layers, etcd up to its quota, pods, logs. */
export const neededSpace = ({ binaries }: Layout): readonly NeededSpace[] => [
  { path: dirname(binaries), mib: 700, roles: all },
  { path: CNI_PLUGINS, mib: 100, roles: all },
  { path: '/etc', mib: 20, roles: all },
  { path: CONTAINERD.root, mib: 3_072, roles: all },
  { path: KUBELET_STATE, mib: 512, roles: all },
  { path: ETCD_DATA, mib: 2_048, roles: ['master'] },
  { path: '/var/log', mib: 256, roles: all },
]

/** Bundle files, backups and the outbox. */
export const NEEDED_STATE_MIB = 1_024
