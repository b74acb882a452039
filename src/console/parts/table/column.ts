import type { ReactNode } from 'react'
import type { Sought } from './rows.ts'

export interface Column<Row> extends Sought<Row> {
  title: string
  show: (row: Row) => ReactNode
  /** Not shown unless somebody chooses it. */
  isOptional?: true
}

export interface RowAction {
  title: string
  isDanger?: true
  /** Why it cannot be done. */
  whyNot?: string | undefined
  onClick: () => void
}

export interface Selection {
  selected: ReadonlySet<string>
  select: (selected: ReadonlySet<string>) => void
}
