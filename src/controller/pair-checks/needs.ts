import type { Cni, NodeRole } from '../../protocol/names.ts'
import type { PairPort } from '../../protocol/wire/pair-check.ts'

/** A node as far as pairs of nodes are concerned. */
export interface PairNode {
  id: string
  name: string
  address: string
  /** That has the address; null where it is not known. */
  interface: string | null
  roles: readonly NodeRole[]
  /** Kubernetes is on it, or may be. */
  isTaken: boolean
}

const OVERLAY: Record<Cni, readonly PairPort[]> = {
  flannel: ['8472/udp'],
  cilium: ['8472/udp'],
  calico: ['179/tcp', '4789/udp'],
  none: [],
}

export const isMaster = ({ roles }: Pick<PairNode, 'roles'>) => roles.includes('master')

/** Ports of `to` that `from` must reach. What nodes ask of themselves alone (10257, 10259, 10256 …) is not among them. */
export function portsBetween(from: PairNode, to: PairNode, cni: Cni): PairPort[] {
  return [
    ...(isMaster(to) ? (['6443/tcp'] as const) : []),
    ...(isMaster(from) && isMaster(to) ? (['2379/tcp', '2380/tcp'] as const) : []),
    ...(isMaster(from) ? (['10250/tcp'] as const) : []),
    ...OVERLAY[cni],
  ]
}
