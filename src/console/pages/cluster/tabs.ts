import { lazy } from 'react'
import type { Tab } from '../../parts/layout/tabs.tsx'
import type { ClusterTabProps } from './cluster-tab.ts'

/** The pages of a cluster, by the end of their address. */
export const TABS: readonly Tab<ClusterTabProps>[] = [
  { path: '', title: 'Overview', page: lazy(() => import('./tabs/overview.tsx')) },
  { path: 'nodes', title: 'Nodes', page: lazy(() => import('./tabs/nodes.tsx')) },
  { path: 'history', title: 'History', page: lazy(() => import('./tabs/history.tsx')) },
  { path: 'health', title: 'Health', page: lazy(() => import('./tabs/health.tsx')) },
  { path: 'pairs', title: 'Connections', page: lazy(() => import('./tabs/pairs.tsx')) },
  { path: 'upgrade', title: 'Upgrade', page: lazy(() => import('./change/upgrade.tsx')) },
  { path: 'configuration', title: 'Configuration', page: lazy(() => import('./change/configuration.tsx')) },
  { path: 'log', title: 'Log', page: lazy(() => import('./tabs/log.tsx')) },
  { path: 'join', title: 'Add nodes', page: lazy(() => import('./tabs/join.tsx')), isHidden: true },
  { path: 'settings', title: 'Reset and delete', page: lazy(() => import('./change/end.tsx')) },
]
