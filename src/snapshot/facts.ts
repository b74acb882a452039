/** What of a machine is looked at. Each kind is one look, see look.ts. */
export const FACT_KINDS = [
  'file',
  'unit',
  'mount',
  'interface',
  'address',
  'route',
  'firewall',
  'sysctl',
  'module',
  'hostname',
  'user',
  'port',
  'cgroup',
] as const

export type FactKind = (typeof FACT_KINDS)[number]

/** By name, how it is; in words that can be compared and read. */
export type Facts = Record<string, string>

/** How a machine is. Plain data, kept beside the ledger for as long as Cantrip is there. */
export interface Snapshot {
  format: 1
  takenAt: string
  facts: Partial<Record<FactKind, Facts>>
  /** Kinds that could not be looked at, and why: those are not compared. */
  unseen: Partial<Record<FactKind, string>>
  /** Directories with more files than are looked at: what lies below is not compared. */
  cut: string[]
}

export interface Changed {
  kind: FactKind
  what: string
  /** Undefined: it was not there. */
  before?: string
  after?: string
}

/** What two snapshots of one machine differ in, kind by kind and by name. Pure. */
export function changesBetween(before: Snapshot, after: Snapshot): Changed[] {
  return FACT_KINDS.filter((kind) => !(kind in before.unseen) && !(kind in after.unseen)).flatMap((kind) => {
    const was = before.facts[kind] ?? {}
    const is = after.facts[kind] ?? {}
    const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].sort()
    return names.flatMap((what): Changed[] => {
      const [one, other] = [was[what], is[what]]
      if (one === other) return []
      return [{ kind, what, ...(one !== undefined && { before: one }), ...(other !== undefined && { after: other }) }]
    })
  })
}
