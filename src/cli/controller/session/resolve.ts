import { AgentError } from '../../../base/agent-error.ts'

export interface Named {
  id: string
  name: string
}

const MOST_SHOWN = 10

/** The item with this id or name, or the only one whose id or name begins with it. Throws if there is none, or several. */
export function resolve<T extends Named>(kind: 'cluster' | 'node', query: string, all: readonly T[]): T {
  const exact = all.filter(({ id, name }) => id === query || name === query)
  const found = exact.length > 0 ? exact : all.filter(({ id, name }) => id.startsWith(query) || name.startsWith(query))
  const [only, ...others] = found
  if (only && others.length === 0) return only
  const list = (items: readonly T[]) => {
    const shown = items.slice(0, MOST_SHOWN).map(({ id, name }) => `${name} (${id})`)
    const more = items.length > MOST_SHOWN ? ` and ${items.length - MOST_SHOWN} more` : ''
    return `${shown.join(', ')}${more}`
  }
  if (only) {
    throw new AgentError(`${kind}/ambiguous`, `${query} is ambiguous: ${list(found)}`, {
      fix: 'pass the full name or the id',
      kind: 'invalid',
    })
  }
  throw new AgentError(`${kind}/unknown`, `no ${kind} ${query}; found: ${list(all) || 'none'}`, {
    fix: `see: controller ${kind} list`,
    kind: 'invalid',
  })
}
