import { createContext, useContext } from 'react'
import type { Permission } from '../../protocol/api/people/permissions.ts'
import type { CurrentIdentity } from '../../protocol/api/people/sessions.ts'
import type { Live } from './live/follow.ts'
import { whyNot } from './rights.ts'

export interface SignedIn {
  identity: CurrentIdentity
  live: Live
}

export const SessionContext = createContext<SignedIn | null>(null)

export function useSession(): SignedIn {
  const session = useContext(SessionContext)
  if (session === null) throw new Error('nobody is signed in')
  return session
}

/** Why whoever is signed in may not do something in a project; undefined if they may. */
export function useWhyNot(): (permission: Permission, project: string | null | 'any') => string | undefined {
  const { identity } = useSession()
  return (permission, project) => whyNot(identity.grants, permission, project)
}
