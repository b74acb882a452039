import {
  Alert,
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadLogo,
  MastheadMain,
  MastheadToggle,
  Nav,
  NavItem,
  NavList,
  Page,
  PageSidebar,
  PageSidebarBody,
  PageToggleButton,
  SkipToContent,
} from '@patternfly/react-core'
import { type ReactNode, useSyncExternalStore } from 'react'
import { Link, useLocation } from 'react-router'
import { useSession } from '../../data/session-context.ts'
import icon from '../../icon.svg'
import { UserMenu } from './user-menu.tsx'

const PLACES = [
  { to: '/', title: 'Overview' },
  { to: '/clusters', title: 'Clusters' },
  { to: '/nodes', title: 'Nodes' },
  { to: '/bundles', title: 'Bundles' },
  { to: '/projects', title: 'Projects' },
  { to: '/people', title: 'People' },
  { to: '/audit', title: 'Audit log' },
  { to: '/about', title: 'About' },
] as const

const MAIN = 'main'

/** What surrounds each page. */
export function Shell({ children }: { children: ReactNode }) {
  const { live } = useSession()
  const connection = useSyncExternalStore(live.onConnection, live.connection)
  return (
    <Page
      isManagedSidebar
      mainContainerId={MAIN}
      mainAriaLabel="Page"
      masthead={<Head />}
      sidebar={<Sidebar />}
      skipToContent={<SkipToContent href={`#${MAIN}`}>Skip to content</SkipToContent>}
    >
      {connection === 'lost' && (
        <Alert isInline variant="warning" title="The connection to the controller is lost" className="band">
          The page shows what was last known, and continues when the controller answers again.
        </Alert>
      )}
      {children}
    </Page>
  )
}

/** One type for all renders, so that it keeps the focus. */
const Home = (props: object) => <Link {...props} to="/" className="brand" />

function Head() {
  return (
    <Masthead display={{ default: 'inline' }}>
      <MastheadMain>
        <MastheadToggle>
          <PageToggleButton isHamburgerButton aria-label="Show or hide the navigation" />
        </MastheadToggle>
        <MastheadBrand>
          <MastheadLogo component={Home}>
            <img src={icon} alt="" width="28" height="28" />
            Cantrip
          </MastheadLogo>
        </MastheadBrand>
      </MastheadMain>
      <MastheadContent className="person">
        <UserMenu />
      </MastheadContent>
    </Masthead>
  )
}

function Sidebar() {
  const { pathname } = useLocation()
  const isHere = (to: string) => (to === '/' ? pathname === '/' : pathname === to || pathname.startsWith(`${to}/`))
  return (
    <PageSidebar>
      <PageSidebarBody>
        <Nav aria-label="Pages">
          <NavList>
            {PLACES.map(({ to, title }) => (
              <NavItem key={to} itemId={to} isActive={isHere(to)}>
                <Link to={to} aria-current={isHere(to) ? 'page' : undefined}>
                  {title}
                </Link>
              </NavItem>
            ))}
          </NavList>
        </Nav>
      </PageSidebarBody>
    </PageSidebar>
  )
}
