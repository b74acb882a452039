import type { ErrorReport } from '../../../base/agent-error.ts'
import type { NodeRole } from '../../../protocol/names.ts'
import { type Column, table, withoutEmpty } from '../../kit/output.ts'

/** What came of a host. `planned`: with --dry-run; `prepared`: with --prepare-only. */
export const OUTCOMES = ['joined', 'changed', 'unchanged', 'prepared', 'planned', 'failed'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** What is done on a host, in this order. */
export type Action = 'prepare' | 'install' | 'approve' | 'label' | 'configure'

export interface HostResult {
  /** As the inventory names it. */
  name: string
  address: string
  roles: NodeRole[]
  outcome: Outcome
  /** What was done; with --dry-run, what would be. */
  actions: Action[]
  /** The node that it is; null if it is none yet. */
  node: { id: string; name: string; state: string } | null
  error: ErrorReport | null
  seconds: number
}

const COLUMNS: Column<HostResult>[] = [
  { title: 'HOST', of: ({ name }) => name },
  { title: 'ADDRESS', of: ({ address }) => address },
  { title: 'ROLES', of: ({ roles }) => roles.join(','), rare: true },
  { title: 'RESULT', of: ({ outcome }) => outcome },
  { title: 'ACTIONS', of: ({ actions }) => actions.join(','), rare: true },
  { title: 'NODE', of: ({ node }) => node?.name ?? '', rare: true },
  { title: 'STATE', of: ({ node }) => node?.state ?? '', rare: true },
  { title: 'SECONDS', of: ({ seconds }) => seconds.toFixed(1) },
  { title: 'ERROR', of: ({ error }) => error?.code ?? '', rare: true },
]

export const resultTable = (results: readonly HostResult[]): string => table(results, withoutEmpty(results, COLUMNS))
