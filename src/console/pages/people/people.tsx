import { lazy } from 'react'
import { Heading } from '../../parts/layout/heading.tsx'
import { type Tab, Tabs } from '../../parts/layout/tabs.tsx'

const TABS: readonly Tab<object>[] = [
  { path: '', title: 'Accounts', page: lazy(() => import('./accounts.tsx')) },
  { path: 'tokens', title: 'API tokens', page: lazy(() => import('./tokens.tsx')) },
  { path: 'sessions', title: 'Sessions', page: lazy(() => import('./sessions.tsx')) },
  { path: 'sign-in', title: 'Sign-in', page: lazy(() => import('./sign-in.tsx')) },
]

/** Who may do what, and who is signed in; its tabs have addresses of their own. */
export default function People() {
  return (
    <>
      <Heading title="People" />
      <Tabs label="Of people" base="/people" tabs={TABS} of={{}} />
    </>
  )
}
