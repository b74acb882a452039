import { Checkbox } from '@patternfly/react-core'
import { Table, Tbody, Th, Thead, Tr } from '@patternfly/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useDeferredValue, useMemo, useRef } from 'react'
import { Nothing } from '../feedback/nothing.tsx'
import type { Column, RowAction, Selection } from './column.ts'
import { found, sorted } from './rows.ts'
import { TableRow } from './table-row.tsx'
import type { TableState } from './use-table-state.ts'

const ROW_HEIGHT = 44
/** Rows that are drawn above and below what is seen. */
const OVERSCAN = 4

interface DataTableProps<Row> {
  /** What the rows are, e.g. `Nodes`. */
  label: string
  rows: readonly Row[]
  keyOf: (row: Row) => string
  columns: readonly Column<Row>[]
  state: TableState
  selection?: Selection
  actionsOf?: (row: Row) => readonly RowAction[]
}

/** A table of any length: only the rows that are seen are drawn. */
export function DataTable<Row>({ label, rows, keyOf, columns, state, selection, actionsOf }: DataTableProps<Row>) {
  const words = useDeferredValue(state.words)
  const { key, isDescending } = state.order
  const shownColumns = useShown(columns, state.columns)
  const shown = useMemo(
    () => sorted(found(rows, columns, words), columns, { key, isDescending }),
    [rows, columns, words, key, isDescending],
  )
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
  })
  const items = virtual.getVirtualItems()
  const before = items[0]?.start ?? 0
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)
  const selected = selection?.selected
  const select = selection?.select
  const toggle = useCallback(
    (id: string, isOn: boolean) => {
      if (!selected || !select) return
      const next = new Set(selected)
      if (isOn) next.add(id)
      else next.delete(id)
      select(next)
    },
    [selected, select],
  )
  if (shown.length === 0) {
    return <Nothing title="Nothing is found">No row contains “{words}”. Search for something else.</Nothing>
  }
  const areAllSelected = selected !== undefined && shown.every((row) => selected.has(keyOf(row)))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached with the keyboard.
    <section ref={scroller} className="scroller" aria-label={`${label}, scrollable`} tabIndex={0}>
      <Table variant="compact" aria-label={label} aria-rowcount={shown.length + 1} gridBreakPoint="" isStickyHeader>
        <Thead>
          <Tr aria-rowindex={1}>
            {select && (
              <Th screenReaderText="Select">
                <Checkbox
                  id={`select-all-${label}`}
                  aria-label={`Select all ${shown.length}`}
                  isChecked={areAllSelected}
                  onChange={(_, isOn) => select(isOn ? new Set(shown.map(keyOf)) : new Set())}
                />
              </Th>
            )}
            {shownColumns.map((column, index) => (
              <Th
                key={column.key}
                modifier="nowrap"
                sort={{
                  columnIndex: index,
                  sortBy: {
                    index: shownColumns.findIndex((each) => each.key === key),
                    direction: isDescending ? 'desc' : 'asc',
                  },
                  onSort: (_, __, direction) => state.sort({ key: column.key, isDescending: direction === 'desc' }),
                }}
              >
                {column.title}
              </Th>
            ))}
            {actionsOf && <Th screenReaderText="Actions" />}
          </Tr>
        </Thead>
        <Tbody>
          <Gap height={before} />
          {items.map(({ index }) => {
            const row = shown[index]
            if (row === undefined) return null
            const id = keyOf(row)
            return (
              <TableRow
                key={id}
                id={id}
                row={row}
                position={index + 2}
                columns={shownColumns}
                isSelected={selected?.has(id) ?? false}
                toggle={select && toggle}
                actionsOf={actionsOf}
              />
            )
          })}
          <Gap height={after} />
        </Tbody>
      </Table>
    </section>
  )
}

/** In place of the rows that are not drawn. */
function Gap({ height }: { height: number }) {
  if (height <= 0) return null
  // biome-ignore lint/a11y/noAriaHiddenOnFocusable: it has no cells, and nothing puts the focus on it.
  return <tr aria-hidden="true" style={{ height }} />
}

function useShown<Row>(columns: readonly Column<Row>[], chosen: readonly string[] | undefined) {
  const keys = chosen?.join(',')
  return useMemo(() => {
    const wanted = keys?.split(',')
    const shown = columns.filter(({ key, isOptional }) => (wanted ? wanted.includes(key) : !isOptional))
    return shown.length > 0 ? shown : columns
  }, [columns, keys])
}
