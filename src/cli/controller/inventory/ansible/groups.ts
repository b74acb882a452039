export type Variables = ReadonlyMap<string, unknown>

/** The groups, hosts and variables of an Ansible inventory. */
export interface Groups {
  /** The variables of hosts, in the order in which the hosts are first named. */
  hosts: Map<string, Map<string, unknown>>
  groups: Map<string, Group>
  /** How often a host is named. */
  named: number
}

export const MOST_HOSTS = 10_000
const MOST_NAMED = 100_000
const MOST_GROUPS = 1_000
/** Of all hosts together, with those of their groups. */
const MOST_VARIABLES = 2_000_000
const MOST_NESTED = 50
/** A variable of a group; its hosts do not have it. */
const PRIORITY = 'ansible_group_priority'

interface Group {
  hosts: Set<string>
  children: Set<string>
  variables: Map<string, unknown>
}

/** A host with all groups that contain it, and with the variables that are valid for it. */
export interface GroupedHost {
  name: string
  /** Without `all` and `ungrouped`, sorted. */
  groups: string[]
  /** Those of them that name it themselves, and not only through their children. */
  direct: string[]
  variables: Variables
}

export function emptyGroups(): Groups {
  return { hosts: new Map(), groups: new Map(), named: 0 }
}

/** Adds it if it is missing. */
export function groupIn({ groups }: Groups, name: string): Group {
  const group = groups.get(name) ?? { hosts: new Set(), children: new Set(), variables: new Map() }
  groups.set(name, group)
  return group
}

/** Whether more hosts are named than are read. */
export const isFull = ({ hosts, named }: Groups): boolean => hosts.size > MOST_HOSTS || named > MOST_NAMED

/** Adds hosts to a group. One that is named again keeps its variables, except for those that are given now. */
export function addHosts(all: Groups, group: string, names: readonly string[], variables: Variables): void {
  const { hosts } = groupIn(all, group)
  for (const name of names) {
    hosts.add(name)
    const own = all.hosts.get(name) ?? new Map<string, unknown>()
    for (const [variable, value] of variables) own.set(variable, value)
    all.hosts.set(name, own)
  }
  all.named += names.length
}

/** What is wrong with all of it, and a fix; undefined: nothing. */
export function faultIn(all: Groups): [found: string, fix: string] | undefined {
  const { hosts, groups } = all
  if (isFull(all))
    return [`it has more than ${MOST_HOSTS} hosts, or names them more than ${MOST_NAMED} times`, 'use several files']
  if (groups.size > MOST_GROUPS) return [`it has more than ${MOST_GROUPS} groups`, 'use several files']
  const ofGroups = [...groups.values()].reduce((sum, { variables }) => sum + variables.size, 0)
  const ofHosts = [...hosts.values()].reduce((sum, { size }) => sum + size, 0)
  if (ofGroups * hosts.size + ofHosts > MOST_VARIABLES)
    return ['it has too many variables for so many hosts', 'omit the variables that installing agents does not need']
  return nestingFault(groups)
}

function nestingFault(groups: Groups['groups']): [found: string, fix: string] | undefined {
  const heights = new Map<string, number>()
  /** Infinite for a group that contains itself. */
  const height = (name: string): number => {
    const known = heights.get(name)
    if (known !== undefined) return known
    heights.set(name, Number.POSITIVE_INFINITY)
    const own = 1 + Math.max(0, ...[...(groups.get(name)?.children ?? [])].map(height))
    heights.set(name, own)
    return own
  }
  const deepest = [...groups.keys()].find((name) => height(name) > MOST_NESTED)
  if (deepest === undefined) return undefined
  if (height(deepest) === Number.POSITIVE_INFINITY) return [`group ${deepest} contains itself`, 'remove the loop']
  return [`group ${deepest} has groups that are nested more than ${MOST_NESTED} times`, 'nest fewer groups']
}

/**
 * Merges variables as Ansible does: a group that is nested deeper prevails, then `ansible_group_priority`, then the name, and the host
 * prevails over all. There must be no loop.
 */
export function groupedHosts(all: Groups): GroupedHost[] {
  const parents = new Map<string, string[]>()
  for (const [name, { children }] of all.groups)
    for (const child of children) parents.set(child, [...(parents.get(child) ?? []), name])
  const around = remembered((name): readonly string[] => [
    ...new Set((parents.get(name) ?? []).flatMap((parent) => [parent, ...around(parent)])),
  ])
  const depth = remembered((name): number =>
    name === 'all' ? 0 : 1 + Math.max(0, ...(parents.get(name) ?? []).map((parent) => depth(parent))),
  )
  const variablesOf = (name: string) => [...(all.groups.get(name)?.variables ?? [])]
  const priority = (name: string) => Number(all.groups.get(name)?.variables.get(PRIORITY) ?? 1)
  const byHost = new Map<string, string[]>()
  for (const [name, { hosts }] of all.groups)
    for (const host of hosts) byHost.set(host, [...(byHost.get(host) ?? []), name])
  return [...all.hosts].map(([name, own]) => {
    const inside = [...new Set(['all', ...(byHost.get(name) ?? []).flatMap((group) => [group, ...around(group)])])]
    const order = inside.toSorted(
      (a, b) => depth(a) - depth(b) || priority(a) - priority(b) || (a < b ? -1 : a > b ? 1 : 0),
    )
    return {
      name,
      groups: inside.filter(isNamed).toSorted(),
      direct: (byHost.get(name) ?? []).filter(isNamed).toSorted(),
      variables: new Map([...order.flatMap(variablesOf).filter(([variable]) => variable !== PRIORITY), ...own]),
    }
  })
}

const isNamed = (group: string) => group !== 'all' && group !== 'ungrouped'

function remembered<T>(work: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>()
  return (name) => {
    const found = known.get(name) ?? work(name)
    known.set(name, found)
    return found
  }
}
