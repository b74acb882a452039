import type { ErrorReport } from '../../base/agent-error.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import { unknownSettings } from '../../protocol/settings/node-params.ts'
import type { Instruction } from '../../protocol/wire/instruction.ts'
import type { Cluster, Node } from './records.ts'

/** Why an agent with these capabilities cannot execute an instruction: it needs an update. Undefined if it can. */
export function updateNeeded(
  { name, agentVersion }: Pick<Node, 'name' | 'agentVersion'>,
  { name: cluster, settings }: Pick<Cluster, 'name' | 'settings'>,
  role: Instruction['role'],
  capabilities: readonly string[],
): ErrorReport | undefined {
  const settingsWanted =
    role === 'reset' ? [] : unknownSettings(settings, capabilities).map((each) => `setting/${each}`)
  const unknown = [`instruction/${role}`, ...settingsWanted].filter((each) => !capabilities.includes(each))
  if (unknown.length === 0) return undefined
  return {
    code: 'agent/update-needed',
    message: `found agent ${agentVersion} on ${name}, which does not support ${unknown.join(', ')}; wanted an agent that does`,
    ...(capabilities.includes('operation/update-agent')
      ? remedy`${{ do: 'node.update', node: name }}, then: ${{ do: 'cluster.provision', cluster }}`
      : remedy`update the agent on ${name}: install it again with the executable of this release, then: ${{ do: 'cluster.provision', cluster }}`),
  }
}
