import { Td, Tr } from '@patternfly/react-table'
import { memo } from 'react'
import type { Column, RowAction } from './column.ts'
import { RowActions } from './row-actions.tsx'

interface TableRowProps<Row> {
  id: string
  row: Row
  /** In the whole table, of which only a part is drawn. */
  position: number
  columns: readonly Column<Row>[]
  isSelected: boolean
  toggle?: ((id: string, isOn: boolean) => void) | undefined
  actionsOf?: ((row: Row) => readonly RowAction[]) | undefined
}

function PlainRow<Row>({ id, row, position, columns, isSelected, toggle, actionsOf }: TableRowProps<Row>) {
  return (
    <Tr aria-rowindex={position} isRowSelected={isSelected}>
      {toggle && (
        <Td
          select={{
            rowIndex: position,
            isSelected,
            onSelect: (_, isOn) => toggle(id, isOn),
          }}
        />
      )}
      {columns.map(({ key, title, show }) => (
        <Td key={key} dataLabel={title} modifier="nowrap">
          {show(row)}
        </Td>
      ))}
      {actionsOf && (
        <Td isActionCell>
          <RowActions of={columns[0]?.text(row) ?? id} actions={() => actionsOf(row)} />
        </Td>
      )}
    </Tr>
  )
}

export const TableRow = memo(PlainRow) as typeof PlainRow
