import {
  MenuToggle,
  SearchInput,
  Select,
  SelectList,
  SelectOption,
  Toolbar,
  ToolbarContent,
  ToolbarGroup,
  ToolbarItem,
} from '@patternfly/react-core'
import { type ReactNode, useState } from 'react'
import type { Column } from './column.ts'
import type { TableState } from './use-table-state.ts'

interface TableToolbarProps<Row> {
  columns: readonly Column<Row>[]
  state: TableState
  /** An example of what can be searched for. */
  hint: string
  children?: ReactNode
}

/** Search, the choice of columns, and the actions of a table. */
export function TableToolbar<Row>({ columns, state, hint, children }: TableToolbarProps<Row>) {
  return (
    <Toolbar className="table-toolbar">
      <ToolbarContent>
        <ToolbarItem className="search">
          <SearchInput
            aria-label="Search"
            placeholder={hint}
            value={state.words}
            onChange={(_, words) => state.search(words)}
            onClear={() => state.search('')}
          />
        </ToolbarItem>
        <ToolbarItem>
          <ColumnChoice columns={columns} state={state} />
        </ToolbarItem>
        <ToolbarGroup variant="action-group">{children}</ToolbarGroup>
      </ToolbarContent>
    </Toolbar>
  )
}

function ColumnChoice<Row>({ columns, state }: { columns: readonly Column<Row>[]; state: TableState }) {
  const [isOpen, setOpen] = useState(false)
  const usual = columns.filter(({ isOptional }) => !isOptional).map(({ key }) => key)
  const shown = state.columns ?? usual
  const toggle = (key: string) => {
    const next = columns.map((each) => each.key).filter((each) => (each === key) !== shown.includes(each))
    if (next.length > 0) state.choose(next.join() === usual.join() ? undefined : next)
  }
  return (
    <Select
      role="menu"
      isOpen={isOpen}
      onOpenChange={setOpen}
      onSelect={(_, key) => toggle(String(key))}
      toggle={(ref) => (
        <MenuToggle ref={ref} isExpanded={isOpen} onClick={() => setOpen(!isOpen)}>
          Columns
        </MenuToggle>
      )}
    >
      <SelectList>
        {columns.map(({ key, title }) => (
          <SelectOption key={key} value={key} hasCheckbox isSelected={shown.includes(key)}>
            {title}
          </SelectOption>
        ))}
      </SelectList>
    </Select>
  )
}
