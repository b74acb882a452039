import type { QueryClient } from '@tanstack/react-query'
import { answerOf, api } from './client.ts'
import { isSignedOut } from './problem.ts'
import { SIGNED_OUT, sessionQuery } from './queries.ts'

/** With the name and password of a local account. */
export async function signInWithPassword(queries: QueryClient, name: string, password: string): Promise<void> {
  await answerOf(api.POST('/v1/sessions', { body: { name, password, kind: 'cookie' } }))
  queries.removeQueries({ queryKey: SIGNED_OUT })
  await queries.fetchQuery({ ...sessionQuery, staleTime: 0 })
}

/** With an API token, or the code of a login link. */
export async function signInWithSecret(queries: QueryClient, token: string): Promise<void> {
  await answerOf(api.POST('/v1/login/token', { body: { token } }))
  queries.removeQueries({ queryKey: SIGNED_OUT })
  await queries.fetchQuery({ ...sessionQuery, staleTime: 0 })
}

/** Ends the session, and forgets all that was shown in it. Throws if the controller does not end it: somebody is still signed in then. */
export async function signOut(queries: QueryClient): Promise<void> {
  try {
    await answerOf(api.DELETE('/v1/sessions/{id}', { params: { path: { id: 'current' } } }))
  } catch (error) {
    if (!isSignedOut(error)) throw error
  }
  queries.setQueryData(SIGNED_OUT, true)
  queries.setQueryData(sessionQuery.queryKey, null)
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] })
}

/** The code of a login link. It is in the fragment, which browsers do not send, and is removed from the address at once. */
export function takeLoginCode({ location, history }: Pick<Window, 'location' | 'history'>): string | undefined {
  const code = new URLSearchParams(location.hash.slice(1)).get('code') ?? undefined
  if (code !== undefined) history.replaceState(null, '', `${location.pathname}${location.search}`)
  return code
}
