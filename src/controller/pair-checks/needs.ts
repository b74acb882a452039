import type { Cni, NodeRole } from '../../protocol/names.ts'
import type { PairPort } from '../../protocol/wire/pair-check.ts'

/** The properties of a node that matter for pair checks. */
export interface PairNode {
  id: string
  name: string
  address: string
  /** The interface that has the address; null if unknown. */
  interface: string | null
  roles: readonly NodeRole[]
  /** Kubernetes is, or may be, installed on it. */
  isTaken: boolean
  /** It hands on pieces of bundles, and its agent knows the port for it. */
  handsOn?: boolean
}

/** Without it downloads are slower, but succeed. */
export const PIECES: PairPort = '7444/tcp'

const OVERLAY: Record<Cni, readonly PairPort[]> = {
  flannel: ['8472/udp'],
  cilium: ['8472/udp'],
  calico: ['179/tcp', '4789/udp'],
  none: [],
}

export const isMaster = ({ roles }: Pick<PairNode, 'roles'>) => roles.includes('master')

/** Ports of `to` that `from` must reach. Ports that only the node itself uses (10257, 10259, 10256, …) are not included. */
export function portsBetween(from: PairNode, to: PairNode, cni: Cni): PairPort[] {
  return [
    ...(isMaster(to) ? (['6443/tcp'] as const) : []),
    ...(isMaster(from) && isMaster(to) ? (['2379/tcp', '2380/tcp'] as const) : []),
    ...(isMaster(from) ? (['10250/tcp'] as const) : []),
    ...OVERLAY[cni],
    // Where Kubernetes runs, nothing listens on it until a node needs something.
    ...(from.handsOn && to.handsOn && !to.isTaken ? [PIECES] : []),
  ]
}
