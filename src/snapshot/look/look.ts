/** Takes a snapshot: each kind of fact has one function, and all run in parallel. Changes nothing. */
import { reportOf } from '../../base/agent-error.ts'
import { FACT_KINDS, type FactKind, type Facts, type Snapshot } from '../facts.ts'
import { lookAtFiles } from './look-at-files.ts'
import { lookAtFirewall } from './look-at-firewall.ts'
import { lookAtAddresses, lookAtInterfaces, lookAtPorts, lookAtRoutes } from './look-at-network.ts'
import { lookAtSysctls } from './look-at-sysctls.ts'
import { lookAtCgroups, lookAtModules, lookAtMounts, lookAtUnits, lookAtUsers } from './look-at-system.ts'
import type { Notes, Observer } from './observer.ts'

export interface Observed {
  snapshot: Snapshot
  changedAtMs: ReadonlyMap<string, number>
}

const LOOKS: Record<FactKind, (observer: Observer, notes: Notes) => Promise<Facts>> = {
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
  const notes: Notes = { changedAtMs: new Map(), cut: [] }
  const takenAt = observer.view.now().toISOString()
  const snapshot: Snapshot = { format: 1, takenAt, facts: {}, unseen: {}, cut: notes.cut }
  await Promise.all(
    FACT_KINDS.map(async (kind) => {
      try {
        snapshot.facts[kind] = await LOOKS[kind](observer, notes)
      } catch (error) {
        snapshot.unseen[kind] = reportOf(error).message
      }
    }),
  )
  return { snapshot, changedAtMs: notes.changedAtMs }
}
