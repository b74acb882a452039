import { Dropdown, DropdownItem, DropdownList, MenuToggle, Tooltip } from '@patternfly/react-core'
import { useEffect, useState } from 'react'
import type { RowAction } from './column.ts'

/** A menu costs more than all cells of its row, so a row has a plain button until somebody uses it. */
export function RowActions({ of, actions }: { of: string; actions: () => readonly RowAction[] }) {
  const [isOpen, setOpen] = useState(false)
  const [isUsed, setUsed] = useState(false)
  const label = `Actions of ${of}`
  // After the click that asked for the menu, which would close it again.
  useEffect(() => {
    if (!isUsed) return
    const opening = setTimeout(() => setOpen(true))
    return () => clearTimeout(opening)
  }, [isUsed])
  if (!isUsed) {
    return (
      <button
        type="button"
        className="pf-v6-c-menu-toggle pf-m-plain"
        aria-label={label}
        aria-expanded="false"
        aria-haspopup="menu"
        onClick={() => setUsed(true)}
      >
        <Dots />
      </button>
    )
  }
  return (
    <Dropdown
      isOpen={isOpen}
      onOpenChange={setOpen}
      shouldFocusFirstItemOnOpen
      popperProps={{ position: 'end' }}
      toggle={(toggle) => (
        <MenuToggle
          ref={toggle}
          variant="plain"
          aria-label={label}
          isExpanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          icon={<Dots />}
        />
      )}
    >
      <DropdownList>
        {isOpen &&
          actions().map((action) => <Action key={action.title} action={action} close={() => setOpen(false)} />)}
      </DropdownList>
    </Dropdown>
  )
}

function Action({ action: { title, isDanger, whyNot, onClick }, close }: { action: RowAction; close: () => void }) {
  const act = () => {
    close()
    onClick()
  }
  if (whyNot === undefined) {
    return (
      <DropdownItem isDanger={isDanger ?? false} onClick={act}>
        {title}
      </DropdownItem>
    )
  }
  return (
    <Tooltip content={whyNot}>
      <DropdownItem isAriaDisabled>{title}</DropdownItem>
    </Tooltip>
  )
}

/** Three dots, one above the other. */
const Dots = () => (
  <svg viewBox="0 0 16 16" width="1em" height="1em" fill="currentColor" aria-hidden="true">
    {[3, 8, 13].map((y) => (
      <circle key={y} cx="8" cy={y} r="1.5" />
    ))}
  </svg>
)
