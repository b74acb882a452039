import { isIP } from 'node:net'
import { NodeRole } from '../../../../protocol/names.ts'
import { NodeLabels } from '../../../../protocol/settings/nodes.ts'
import type { InventoryHost } from '../host.ts'
import { ADDRESS_VARIABLES } from './add-pattern.ts'
import type { GroupedHost } from './groups.ts'

/** Groups of Kubespray, k3s-ansible, konvoy-image-builder and kubeadm's documentation, by the role of their hosts. */
const ROLE_OF_GROUP: Readonly<Record<string, NodeRole>> = {
  ...rolesOf('master', ['kube_control_plane', 'kube-control-plane', 'control_plane', 'control-plane', 'controlplane']),
  ...rolesOf('master', ['kube_master', 'kube-master', 'masters', 'master', 'server', 'servers']),
  ...rolesOf('worker', [
    'kube_node',
    'kube-node',
    'kube_nodes',
    'workers',
    'worker',
    'nodes',
    'node',
    'agent',
    'agents',
  ]),
  ...rolesOf('storage', ['storage']),
}

function rolesOf(role: NodeRole, groups: readonly string[]): Record<string, NodeRole> {
  return Object.fromEntries(groups.map((group) => [group, role]))
}

const PORTS = ['ansible_port', 'ansible_ssh_port']
const USERS = ['ansible_user', 'ansible_ssh_user']
const KEYS = ['ansible_ssh_private_key_file', 'ansible_private_key_file']
const LABELS = ['node_labels']
const ROLES = ['cantrip_roles']
/** They have no effect on Cantrip. */
const WITHOUT_EFFECT = ['ansible_python_interpreter', 'ansible_connection', 'ansible_shell_type']
const USED = [...ADDRESS_VARIABLES, ...PORTS, ...USERS, ...KEYS, ...LABELS, ...ROLES, ...WITHOUT_EFFECT]

/** What the variables of a host mean for Cantrip. Text: which one, by its `title` for people, cannot be used, and why. */
export function interpret(
  { name, groups, direct, variables }: GroupedHost,
  title: (variable: string) => string = (variable) => variable,
): InventoryHost | string {
  const first = (names: readonly string[]): [name: string, value: unknown] | undefined =>
    names.flatMap((each): [string, unknown][] => (given(variables, each) ? [[each, variables.get(each)]] : []))[0]
  const read = <T>(names: readonly string[], parse: (value: unknown) => T | undefined, wanted: string): T | null => {
    const found = first(names)
    if (!found) return null
    const [variable, value] = found
    if (typeof value === 'string' && value.includes('{{'))
      throw new Unusable(`${name}: ${title(variable)} is a template of Ansible; write the value itself`)
    const parsed = parse(value)
    if (parsed === undefined)
      throw new Unusable(`${name}: found ${shown(value)} for ${title(variable)}; wanted ${wanted}`)
    return parsed
  }
  try {
    const address = read(ADDRESS_VARIABLES, hostName, 'a host name or an address') ?? hostName(name)
    if (address === undefined)
      throw new Unusable(`${name}: found no address, and the name is none; wanted a host name or an address`)
    const roles = read(ROLES, rolesIn, 'a list of master, worker, storage')
    return {
      name,
      address,
      port: read(PORTS, portIn, 'a number from 1 to 65535'),
      user: read(USERS, user, 'the name of a user, without syntax of a shell'),
      keyFile: read(KEYS, path, 'the path of a private key'),
      roles: roles ?? rolesBy(direct) ?? rolesBy(groups) ?? [],
      labels: read(LABELS, labelsIn, 'a map of labels, e.g. {"line": "a"}') ?? {},
      groups,
      unused: [...variables.keys()].filter((each) => !USED.includes(each)).toSorted(),
    }
  } catch (error) {
    if (error instanceof Unusable) return error.message
    throw error
  }
}

/** Groups of groups, such as `nodes` with all masters and workers in it, count only if no other group tells. */
function rolesBy(groups: readonly string[]): NodeRole[] | undefined {
  const known = groups.flatMap((group) => (Object.hasOwn(ROLE_OF_GROUP, group) ? (ROLE_OF_GROUP[group] ?? []) : []))
  return known.length === 0 ? undefined : [...new Set(known)].toSorted()
}

class Unusable extends Error {}

const given = (variables: ReadonlyMap<string, unknown>, name: string) => {
  const value = variables.get(name)
  return value !== undefined && value !== null && value !== ''
}

const shown = (value: unknown) => JSON.stringify(value)?.slice(0, 80)

const portIn = (value: unknown): number | undefined => {
  const port = Number(value)
  return /^\d{1,5}$/.test(String(value)) && port >= 1 && port <= 65_535 ? port : undefined
}

const matches = (pattern: RegExp) => (value: unknown) =>
  (typeof value === 'string' || typeof value === 'number') && pattern.test(String(value)) ? String(value) : undefined
/** ssh would take a name that begins with a dash for an option. */
/** Without syntax of a shell: ssh puts it into commands of the person's ssh_config (`%r`), which a shell reads. */
const user = matches(/^[^\s\p{Cc}@:`$();|'"\\&<>{}-][^\s\p{Cc}@:`$();|'"\\&<>{}]{0,254}$/u)
const path = matches(/^[^\p{Cc}-][^\p{Cc}]{0,4095}$/u)
const NAME = /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})$/

const hostName = (value: unknown): string | undefined =>
  typeof value === 'string' && (isIP(value) !== 0 || NAME.test(value)) ? value : undefined

function rolesIn(value: unknown): NodeRole[] | undefined {
  const all = typeof value === 'string' ? value.split(',').map((each) => each.trim()) : value
  const parsed = Array.isArray(all) ? all.map((each) => NodeRole.safeParse(each)) : []
  const roles = parsed.flatMap(({ data }) => (data === undefined ? [] : [data]))
  return roles.length > 0 && roles.length === parsed.length ? [...new Set(roles)] : undefined
}

/** Also the text of Kubespray: `a=b,c=d`. */
function labelsIn(value: unknown): Record<string, string> | undefined {
  const pairs =
    typeof value === 'string' ? value.split(',').map((each) => each.split('=', 2)) : Object.entries(value ?? {})
  const labels = pairs.map(([key, its]): [string, string] => [String(key).trim(), String(its ?? '').trim()])
  const parsed = NodeLabels.safeParse(Object.fromEntries(labels))
  return parsed.success ? parsed.data : undefined
}
