import type { CheckParams } from '../../engine/checks/check.ts'
import { PIECE_PORT } from '../../protocol/api/delivery/pieces.ts'

type NodeRole = CheckParams['roles'][number]

export interface NeededPort {
  port: number
  protocol: 'tcp' | 'udp'
  use: string
  roles: readonly NodeRole[]
  /** Used by some pod networks or with some settings only, and which ones the cluster has is not known yet: a warning if it is in use. */
  optional?: true
}

const all: readonly NodeRole[] = ['master', 'worker', 'storage']

/** Ports that Kubernetes listens on, by role. The check `dns-port` covers port 53. */
export const NEEDED_PORTS: readonly NeededPort[] = [
  { port: 6443, protocol: 'tcp', use: 'kube-apiserver', roles: ['master'] },
  { port: 2379, protocol: 'tcp', use: 'etcd for clients', roles: ['master'] },
  { port: 2381, protocol: 'tcp', use: 'etcd health', roles: ['master'] },
  { port: 2380, protocol: 'tcp', use: 'etcd for peers', roles: ['master'] },
  { port: 10257, protocol: 'tcp', use: 'kube-controller-manager', roles: ['master'] },
  { port: 10259, protocol: 'tcp', use: 'kube-scheduler', roles: ['master'] },
  { port: 10248, protocol: 'tcp', use: 'kubelet health', roles: all },
  { port: 10250, protocol: 'tcp', use: 'kubelet', roles: all },
  { port: 10249, protocol: 'tcp', use: 'kube-proxy metrics', roles: all },
  { port: 10256, protocol: 'tcp', use: 'kube-proxy health', roles: all },
  { port: 8472, protocol: 'udp', use: 'VXLAN of the pod network', roles: all },
  { port: 4789, protocol: 'udp', use: 'VXLAN of Calico', roles: all, optional: true },
  { port: 179, protocol: 'tcp', use: 'BGP of Calico', roles: all, optional: true },
  { port: PIECE_PORT, protocol: 'tcp', use: 'bundles that nodes hand on', roles: all, optional: true },
]
