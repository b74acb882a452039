import { AgentError } from '../../errors/agent-error.ts'
import { matchNames } from './name-patterns.ts'
import type { CarryOut } from './result.ts'

export const removeNetworkNamespaces: CarryOut<'remove-network-namespaces'> = async ({ names }, machine) => {
  const present = async () => matchNames((await machine.list('/run/netns')) ?? [], names)
  const found = await present()
  if (found.length === 0) return undefined
  const batch = found.map((name) => `netns delete ${name}\n`).join('')
  const { stderr } = await machine.ask(['ip', '-force', '-batch', '-'], { stdin: batch, timeoutMs: 60_000 })
  const left = await present()
  if (left.length === 0) return undefined
  throw new AgentError(
    'undo/namespace-left',
    `network namespaces are still there: ${left.join(' ')} (${stderr.trim()})`,
    {
      fix: `ip netns delete ${left[0]}, then run the same command again`,
    },
  )
}
