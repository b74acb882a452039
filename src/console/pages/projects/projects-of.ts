import type { Grant } from '../../../protocol/api/access.ts'
import type { ClusterHead } from '../../data/queries.ts'

export interface Project {
  name: string
  clusters: readonly string[]
  /** Who has a role in it, as text. Those with a role for everything are not listed. */
  people: readonly string[]
}

interface Person {
  name: string
  grants: readonly Grant[]
}

/** A project is there as long as a cluster or a role has its name. */
export function projectsOf(
  clusters: readonly Pick<ClusterHead, 'name' | 'project'>[],
  people: readonly Person[],
): Project[] {
  const found = new Map<string, { clusters: string[]; people: string[] }>()
  const of = (name: string) => {
    const known = found.get(name) ?? { clusters: [], people: [] }
    found.set(name, known)
    return known
  }
  for (const { name, project } of clusters) of(project).clusters.push(name)
  for (const { name, grants } of people)
    for (const { role, project } of grants) if (project !== null) of(project).people.push(`${name} (${role})`)
  return [...found].map(([name, each]) => ({ name, ...each }))
}

/** Who has a role in a project, as text. */
export const peopleText = (people: readonly string[]): string =>
  people.join(', ') || 'nobody besides those with a role for everything'
