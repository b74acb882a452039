import type { ErrorReport } from '../../../base/agent-error.ts'
import type { RenderedRemedy } from '../../../base/remedy.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import { unknownSettings } from '../../../protocol/settings/node-params.ts'
import type { Instruction } from '../../../protocol/wire/instruction.ts'
import type { Cluster, Node } from '../records.ts'
import { isActive, isMove } from '../upgrade/upgrade.ts'

/** A master joins a restored etcd beside others that run. Without it an agent would ask any of them. */
export const REJOIN = 'change/rejoin'

/** Why an agent with these capabilities cannot execute an instruction: it needs an update. Undefined if it can. */
export function updateNeeded(
  node: Pick<Node, 'name' | 'agentVersion' | 'rejoin' | 'disks'>,
  cluster: Pick<Cluster, 'name' | 'settings' | 'upgrade'>,
  role: Instruction['role'],
  capabilities: readonly string[],
): ErrorReport | undefined {
  const { name, agentVersion } = node
  const settingsWanted =
    role === 'reset' ? [] : unknownSettings(cluster.settings, capabilities).map((each) => `setting/${each}`)
  const { upgrade } = cluster
  const isChange = (role === 'upgrade' || role === 'add-ons') && isActive(upgrade) && isMove(upgrade)
  // Also of one that takes part from the beginning: if that fails, it joins later.
  const changes = [...(isChange ? ['change/endpoint'] : []), ...(role === 'restore-etcd' ? [REJOIN] : [])]
  const params = role !== 'reset' && node.disks.length > 0 ? ['params/disks'] : []
  const unknown = [`instruction/${role}`, ...settingsWanted, ...params, ...changes].filter(
    (each) => !capabilities.includes(each),
  )
  if (unknown.length === 0) return undefined
  return {
    code: 'agent/update-needed',
    message: `found agent ${agentVersion} on ${name}, which does not support ${unknown.join(', ')}; wanted an agent that does`,
    ...(capabilities.includes('operation/update-agent')
      ? remedy`${{ do: 'node.update', node: name }}${next(role, node, cluster)}`
      : remedy`update the agent on ${name}: install it again with the executable of this release${next(role, node, cluster)}`),
  }
}

/** What to do after the update. */
function next(
  role: Instruction['role'],
  { rejoin }: Pick<Node, 'rejoin'>,
  { name, upgrade }: Pick<Cluster, 'name' | 'upgrade'>,
): RenderedRemedy | string {
  switch (role) {
    case 'upgrade':
    case 'add-ons':
      if (!isActive(upgrade)) return ', then begin the upgrade again'
      return remedy`, then: ${{ do: 'cluster.upgrade', cluster: name, with: 'resume' }}`
    case 'restore-etcd':
      if (rejoin === null) return ', then begin again'
      return remedy`, then: ${{ do: 'cluster.provision', cluster: name }}`
    case 'renew':
      // The controller orders it again.
      return ''
    default:
      return remedy`, then: ${{ do: 'cluster.provision', cluster: name }}`
  }
}
