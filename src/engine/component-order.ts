interface Node {
  id: string
  after: readonly string[]
}

/** Sorts components topologically, otherwise in the given order. Unknown ids in `after` are ignored. Throws on a cycle. */
export function orderComponents<N extends Node>(components: readonly N[]): N[] {
  const known = new Map(components.map((component) => [component.id, component]))
  if (known.size !== components.length) throw new Error('a workflow names a component twice')
  const ordered = new Set<N>()
  const visit = (component: N, path: readonly string[]) => {
    if (path.includes(component.id))
      throw new Error(`components wait for each other: ${[...path, component.id].join(' → ')}`)
    for (const id of component.after) {
      const before = known.get(id)
      if (before !== undefined && !ordered.has(before)) visit(before, [...path, component.id])
    }
    ordered.add(component)
  }
  for (const component of components) visit(component, [])
  return [...ordered]
}
