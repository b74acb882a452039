import { AgentError } from '../../../base/agent-error.ts'

export interface Named {
  id: string
  name: string
}

/** The one that is meant by an id, a name or the beginning of either. Throws where that is none or several. */
export function resolve<T extends Named>(kind: 'cluster' | 'node', query: string, all: readonly T[]): T {
  const exact = all.filter(({ id, name }) => id === query || name === query)
  const found = exact.length > 0 ? exact : all.filter(({ id, name }) => id.startsWith(query) || name.startsWith(query))
  const [only, ...others] = found
  if (only && others.length === 0) return only
  const list = (items: readonly T[]) => items.map(({ id, name }) => `${name} (${id})`).join(', ')
  if (only) {
    throw new AgentError(`${kind}/ambiguous`, `${query} is ambiguous: ${list(found)}`, {
      fix: 'pass the full name or the id',
      kind: 'invalid',
    })
  }
  throw new AgentError(`${kind}/unknown`, `no ${kind} ${query}; found: ${list(all) || 'none'}`, {
    fix: `look at: controller ${kind} list`,
    kind: 'invalid',
  })
}
