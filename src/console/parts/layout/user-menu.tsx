import {
  AlertGroup,
  Divider,
  Dropdown,
  DropdownGroup,
  DropdownItem,
  DropdownList,
  MenuToggle,
} from '@patternfly/react-core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useSession } from '../../data/session-context.ts'
import { signOut } from '../../data/sign-in.ts'
import { chooseTheme, chosenTheme, type Theme } from '../../data/theme.ts'
import { ErrorAlert } from '../feedback/problem-alert.tsx'

const THEMES: Readonly<Record<Theme, string>> = {
  system: 'As the system',
  light: 'Light',
  dark: 'Dark',
}

/** Who is signed in, with which roles; the theme; and the way out. */
export function UserMenu() {
  const { identity } = useSession()
  const queries = useQueryClient()
  const leave = useMutation({ mutationFn: () => signOut(queries) })
  const [isOpen, setOpen] = useState(false)
  const [theme, setTheme] = useState(chosenTheme)
  const choose = (next: Theme) => {
    chooseTheme(next)
    setTheme(next)
  }
  const toggleMenu = () => {
    leave.reset()
    setOpen(!isOpen)
  }
  const roles = identity.grants.map(({ role, project }) => (project === null ? role : `${role} in ${project}`))
  return (
    <>
      {leave.isError && (
        <AlertGroup isToast isLiveRegion>
          <ErrorAlert error={leave.error} title="You are still signed in" />
        </AlertGroup>
      )}
      <Dropdown
        isOpen={isOpen}
        onOpenChange={setOpen}
        onSelect={() => setOpen(false)}
        popperProps={{ position: 'right' }}
        toggle={(toggle) => (
          <MenuToggle ref={toggle} variant="plainText" isExpanded={isOpen} onClick={toggleMenu}>
            {identity.name}
          </MenuToggle>
        )}
      >
        <DropdownGroup label={roles.length === 0 ? 'No role' : roles.join(', ')}>
          <DropdownList>
            {Object.entries(THEMES).map(([name, title]) => (
              <DropdownItem
                key={name}
                isSelected={theme === name}
                onClick={() => choose(name as Theme)}
                description={theme === name ? 'Chosen theme' : undefined}
              >
                {title}
              </DropdownItem>
            ))}
          </DropdownList>
        </DropdownGroup>
        <Divider />
        <DropdownList>
          <DropdownItem onClick={() => leave.mutate()}>Sign out</DropdownItem>
        </DropdownList>
      </Dropdown>
    </>
  )
}
