/** Takes a snapshot: every kind of fact has one look, and they run side by side. Changes nothing. */
import { reportOf } from '../errors/agent-error.ts'
import type { HostView } from '../host/host.ts'
import { FACT_KINDS, type FactKind, type Facts, type Snapshot } from './facts.ts'
import { lookAtFiles, type WalkTree } from './look-at-files.ts'
import { lookAtFirewall } from './look-at-firewall.ts'
import { lookAtAddresses, lookAtInterfaces, lookAtPorts, lookAtRoutes } from './look-at-network.ts'
import { lookAtSysctls } from './look-at-sysctls.ts'
import { lookAtCgroups, lookAtModules, lookAtMounts, lookAtUnits, lookAtUsers } from './look-at-system.ts'

export interface Observer {
  view: HostView
  walk: WalkTree
}

export interface Observed {
  snapshot: Snapshot
  /** When a file was last changed, by path. */
  changedAtMs: ReadonlyMap<string, number>
}

const LOOKS: Record<FactKind, (observer: Observer, changedAtMs: Map<string, number>) => Promise<Facts>> = {
  file: lookAtFiles,
  unit: lookAtUnits,
  mount: lookAtMounts,
  interface: lookAtInterfaces,
  address: lookAtAddresses,
  route: lookAtRoutes,
  firewall: lookAtFirewall,
  sysctl: lookAtSysctls,
  module: lookAtModules,
  hostname: async ({ view }) => ({ hostname: view.hostname() }),
  user: lookAtUsers,
  port: lookAtPorts,
  cgroup: lookAtCgroups,
}

export async function observe(observer: Observer): Promise<Observed> {
  const changedAtMs = new Map<string, number>()
  const snapshot: Snapshot = { format: 1, takenAt: observer.view.now().toISOString(), facts: {}, unseen: {} }
  await Promise.all(
    FACT_KINDS.map(async (kind) => {
      try {
        snapshot.facts[kind] = await LOOKS[kind](observer, changedAtMs)
      } catch (error) {
        snapshot.unseen[kind] = reportOf(error).message
      }
    }),
  )
  return { snapshot, changedAtMs }
}
