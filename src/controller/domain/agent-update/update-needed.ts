import type { ErrorReport } from '../../../base/agent-error.ts'
import type { RenderedRemedy } from '../../../base/remedy.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import { unknownSettings } from '../../../protocol/settings/node-params.ts'
import type { Instruction } from '../../../protocol/wire/instruction.ts'
import type { Cluster, Node } from '../records.ts'
import { isActive, isMove } from '../upgrade/upgrade.ts'

/** Why an agent with these capabilities cannot execute an instruction: it needs an update. Undefined if it can. */
export function updateNeeded(
  { name, agentVersion }: Pick<Node, 'name' | 'agentVersion'>,
  cluster: Pick<Cluster, 'name' | 'settings' | 'upgrade'>,
  role: Instruction['role'],
  capabilities: readonly string[],
): ErrorReport | undefined {
  const settingsWanted =
    role === 'reset' ? [] : unknownSettings(cluster.settings, capabilities).map((each) => `setting/${each}`)
  const { upgrade } = cluster
  const isChange = (role === 'upgrade' || role === 'add-ons') && isActive(upgrade) && isMove(upgrade)
  const changes = isChange ? ['change/endpoint'] : []
  const unknown = [`instruction/${role}`, ...settingsWanted, ...changes].filter((each) => !capabilities.includes(each))
  if (unknown.length === 0) return undefined
  return {
    code: 'agent/update-needed',
    message: `found agent ${agentVersion} on ${name}, which does not support ${unknown.join(', ')}; wanted an agent that does`,
    ...(capabilities.includes('operation/update-agent')
      ? remedy`${{ do: 'node.update', node: name }}${next(role, cluster)}`
      : remedy`update the agent on ${name}: install it again with the executable of this release${next(role, cluster)}`),
  }
}

/** What to do after the update. */
function next(
  role: Instruction['role'],
  { name, upgrade }: Pick<Cluster, 'name' | 'upgrade'>,
): RenderedRemedy | string {
  switch (role) {
    case 'upgrade':
    case 'add-ons':
      if (!isActive(upgrade)) return ', then begin the upgrade again'
      return remedy`, then: ${{ do: 'cluster.upgrade', cluster: name, with: 'resume' }}`
    case 'restore-etcd':
      return ', then restore the backup again'
    case 'renew':
      // The controller orders it again.
      return ''
    default:
      return remedy`, then: ${{ do: 'cluster.provision', cluster: name }}`
  }
}
