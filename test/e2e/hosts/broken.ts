import { BROKEN_NETWORKS } from './broken-networks.ts'
import { BROKEN_SYSTEMS } from './broken-systems.ts'
import { FORMER_KUBERNETES } from './former-kubernetes.ts'
import type { Host } from './host.ts'

/** Hosts on which a cluster would not start, or would fail later. */
export const BROKEN_HOSTS: readonly Host[] = [...FORMER_KUBERNETES, ...BROKEN_NETWORKS, ...BROKEN_SYSTEMS]
