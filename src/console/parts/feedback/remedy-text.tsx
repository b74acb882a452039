import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { Action as AnyAction, Remedy } from '../../../base/remedy.ts'
import { type Action, commandOf } from '../../../protocol/api/remedy.ts'

interface Fix {
  fix: string
  remedy?: Remedy | undefined
}

/** How to fix an error. What can be done on a page of this console is a link to it; anything else is a command. */
export function RemedyText({ fix, remedy }: Fix) {
  if (remedy === undefined) return <>{fix}</>
  return remedy.map((part, at) => {
    // The parts of a remedy have no names, and their order never changes.
    const key = `${at}`
    return typeof part === 'string' ? <span key={key}>{part}</span> : <ActionText key={key} action={part} />
  })
}

function ActionText({ action }: { action: AnyAction }): ReactNode {
  const known = action as Action
  const page = pageOf(known)
  if (page === undefined) return <code>{commandOf(known)}</code>
  return <Link to={page.to}>{page.title}</Link>
}

/** The page of the console on which an action is done. */
export function pageOf(action: Action): { to: string; title: string } | undefined {
  const cluster = 'cluster' in action ? action.cluster : undefined
  const of = cluster === undefined ? undefined : `/clusters/${encodeURIComponent(cluster)}`
  switch (action.do) {
    case 'node.list':
      return { to: '/nodes', title: 'look at the nodes' }
    case 'cluster.create':
      return { to: '/clusters/new', title: 'create a cluster with other ranges' }
    case 'cluster.show':
      return of === undefined ? undefined : { to: of, title: `look at cluster ${cluster}` }
    case 'cluster.provision':
      return of === undefined ? undefined : { to: `${of}/nodes`, title: `provision cluster ${cluster}` }
    case 'cluster.reset':
    case 'cluster.delete':
      return of === undefined ? undefined : { to: `${of}/settings`, title: `reset or delete cluster ${cluster}` }
    case 'cluster.upgrade':
      return of === undefined ? undefined : { to: `${of}/upgrade`, title: `look at the upgrade of cluster ${cluster}` }
    case 'creds.list':
    case 'creds.renew':
    case 'cluster.join-command':
      return of === undefined ? undefined : { to: `${of}/join`, title: 'issue new credentials' }
    default:
      return undefined
  }
}
