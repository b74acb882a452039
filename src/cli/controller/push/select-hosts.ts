import { AgentError } from '../../../base/agent-error.ts'
import { NodeRole } from '../../../protocol/names.ts'
import type { InventoryHost } from '../inventory/host.ts'

export interface Selection {
  hosts: InventoryHost[]
  /** Of the same groups, but without a role; no agent is installed on them. */
  skipped: string[]
  /** What the inventory says and push does not do. */
  notes: string[]
}

/** Variables of Ansible that a person may rely on, and what does the same here. */
const INSTEAD: Readonly<Record<string, string>> = {
  ...named(
    ['ansible_ssh_common_args', 'ansible_ssh_extra_args', 'ansible_ssh_args'],
    'they can contain commands; use --jump, --ssh-option, or your ssh_config',
  ),
  ...named(['ansible_password', 'ansible_ssh_pass'], 'use a key: --ssh-key, or an ssh-agent'),
  ...named(
    ['ansible_become_password', 'ansible_become_pass', 'ansible_sudo_pass'],
    'use --become-password-file, and take the password out of the inventory',
  ),
  ...named(['ansible_become_user', 'ansible_become_method', 'ansible_become_exe'], 'push becomes root with sudo'),
  ...named(['http_proxy', 'https_proxy'], 'use --proxy for the connection to the controller'),
  ...named(['node_taints'], 'set taints with kubectl when the node is READY'),
}

function named(names: readonly string[], instead: string): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, instead]))
}

/**
 * The hosts of a group, or all. If some of the inventory have roles, those without are skipped: they can be jump hosts or databases.
 * If none has, the rules of the cluster decide. Throws AgentError.
 */
export function selectHosts(all: readonly InventoryHost[], group: string | undefined): Selection {
  const inGroup = group === undefined ? all : all.filter(({ name, groups }) => name === group || groups.includes(group))
  if (inGroup.length === 0) {
    const known = [...new Set(all.flatMap(({ groups }) => groups))].sort().slice(0, 20)
    throw new AgentError('push/no-hosts', `no host of the inventory is in the group ${group}`, {
      fix: `pass one of: ${known.join(', ') || 'the names of its hosts'}`,
      kind: 'invalid',
    })
  }
  const hasRole = ({ roles }: InventoryHost) => roles.length > 0
  const hosts = all.some(hasRole) ? inGroup.filter(hasRole) : [...inGroup]
  if (hosts.length === 0) {
    throw new AgentError('push/no-roles', `no host of ${group} has a role, and other hosts of the inventory have one`, {
      fix: `give those that shall be nodes a role in the inventory: cantrip_roles=${NodeRole.options.join(', or ')}`,
      kind: 'invalid',
    })
  }
  const skipped = inGroup.filter((host) => !hosts.includes(host)).map(({ name }) => name)
  const unused = new Set(hosts.flatMap((host) => host.unused))
  const notes = [...unused].flatMap((name) =>
    Object.hasOwn(INSTEAD, name) ? [`${name} is ignored: ${INSTEAD[name]}`] : [],
  )
  return { hosts, skipped, notes }
}
