import { Nav, NavItem, NavList, PageSection } from '@patternfly/react-core'
import { type ComponentType, lazy, Suspense } from 'react'
import { Link, useParams } from 'react-router'
import { Loading } from '../../parts/feedback/loading.tsx'
import { Nothing } from '../../parts/feedback/nothing.tsx'
import { Heading } from '../../parts/layout/heading.tsx'

const TABS: readonly { path: string; title: string; page: ComponentType }[] = [
  { path: '', title: 'Accounts', page: lazy(() => import('./accounts.tsx')) },
  { path: 'tokens', title: 'API tokens', page: lazy(() => import('./tokens.tsx')) },
  { path: 'sessions', title: 'Sessions', page: lazy(() => import('./sessions.tsx')) },
  { path: 'sign-in', title: 'Sign-in', page: lazy(() => import('./sign-in.tsx')) },
]

/** Who may do what, and who is signed in; its tabs have addresses of their own. */
export default function People() {
  const { '*': path = '' } = useParams()
  const tab = TABS.find((each) => each.path === path.replace(/\/$/, ''))
  const Page = tab?.page
  return (
    <>
      <Heading title="People" />
      <PageSection type="subnav">
        <Nav variant="horizontal-subnav" aria-label="Of people">
          <NavList>
            {TABS.map((each) => (
              <NavItem key={each.path} itemId={each.path} isActive={each === tab}>
                <Link
                  to={each.path === '' ? '/people' : `/people/${each.path}`}
                  aria-current={each === tab ? 'page' : undefined}
                >
                  {each.title}
                </Link>
              </NavItem>
            ))}
          </NavList>
        </Nav>
      </PageSection>
      <PageSection aria-label={tab?.title}>
        {Page ? (
          <Suspense fallback={<Loading what="the page" />}>
            <Page />
          </Suspense>
        ) : (
          <Nothing title="The address names no page">It may be of another version of the console.</Nothing>
        )}
      </PageSection>
    </>
  )
}
