interface Node {
  id: string
  after: readonly string[]
}

/** Each after those it waits for, otherwise as given. Ids that are not among them do not count. A cycle is a bug. */
export function orderComponents<N extends Node>(components: readonly N[]): N[] {
  const known = new Map(components.map((component) => [component.id, component]))
  if (known.size !== components.length) throw new Error('a role names a component twice')
  const ordered = new Set<N>()
  const visit = (component: N, way: readonly string[]) => {
    if (way.includes(component.id))
      throw new Error(`components wait for each other: ${[...way, component.id].join(' → ')}`)
    for (const id of component.after) {
      const before = known.get(id)
      if (before !== undefined && !ordered.has(before)) visit(before, [...way, component.id])
    }
    ordered.add(component)
  }
  for (const component of components) visit(component, [])
  return [...ordered]
}
