/** The kinds of facts in a snapshot. Each has one function in look.ts. */
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

/** Facts of one kind: name and state, as text that can be compared and read. */
export type Facts = Record<string, string>

/** The state of a machine. Plain data, kept next to the ledger until the uninstallation. */
export interface Snapshot {
  format: 1
  takenAt: string
  facts: Partial<Record<FactKind, Facts>>
  /** Kinds that could not be observed, and why. They are not compared. */
  unseen: Partial<Record<FactKind, string>>
  /** Directories with too many files, whose contents are not compared. */
  cut: string[]
}

export interface Changed {
  kind: FactKind
  what: string
  /** Undefined if it did not exist. */
  before?: string
  after?: string
}

/** The differences between two snapshots of a machine, by kind and name. Pure. */
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
