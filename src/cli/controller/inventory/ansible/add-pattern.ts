import { addHosts, type Groups, isFull, type Variables } from './groups.ts'
import { expandHostPattern } from './host-pattern.ts'

export const ADDRESS_VARIABLES = ['ansible_host', 'ansible_ssh_host']

/** Adds the hosts that a pattern means, all with these variables. Returns what is wrong. */
export function addPattern(all: Groups, group: string, pattern: string, variables: Variables): string | undefined {
  if (isFull(all)) return 'it names too many hosts'
  const expanded = expandHostPattern(pattern)
  if (typeof expanded === 'string') return expanded
  const { names, port } = expanded
  if (names.length > 1 && ADDRESS_VARIABLES.some((name) => variables.has(name)))
    return `found one address for ${names.length} hosts; wanted one for each host`
  addHosts(all, group, names, new Map([...(port === undefined ? [] : [['ansible_port', port] as const]), ...variables]))
  return undefined
}
