import { Nav, NavItem, NavList, PageSection } from '@patternfly/react-core'
import { type ComponentType, Suspense } from 'react'
import { Link, useParams } from 'react-router'
import { Loading } from '../feedback/loading.tsx'
import { Nothing } from '../feedback/nothing.tsx'

/** A page below another one, by the end of its address. */
export interface Tab<Props> {
  path: string
  title: string
  page: ComponentType<Props>
  /** A button leads to it. */
  isHidden?: true
}

interface TabsProps<Props> {
  /** What the tabs are of, e.g. `Of cluster demo`. */
  label: string
  /** The address of the page that has the tabs. */
  base: string
  tabs: readonly Tab<Props>[]
  /** What each tab gets. */
  of: Props
}

/** The tabs of a page, each with an address of its own, and the one that the address names. */
export function Tabs<Props extends object>({ label, base, tabs, of }: TabsProps<Props>) {
  const { '*': path = '' } = useParams()
  const tab = tabs.find((each) => each.path === path.replace(/\/$/, ''))
  const Page = tab?.page
  return (
    <>
      <PageSection type="subnav">
        <Nav variant="horizontal-subnav" aria-label={label}>
          <NavList>
            {tabs
              .filter(({ isHidden }) => !isHidden)
              .map((each) => (
                <NavItem key={each.path} itemId={each.path} isActive={each === tab}>
                  <Link
                    to={each.path === '' ? base : `${base}/${each.path}`}
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
            <Page {...of} />
          </Suspense>
        ) : (
          <Nothing title="The address names no page">It may be of another version of the console.</Nothing>
        )}
      </PageSection>
    </>
  )
}
