import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import { isPodNamespace } from '../../../base/kubernetes-names.ts'
import { NETWORK_NAMESPACES } from '../../../base/kubernetes-paths.ts'
import { type CarryOut, resultOf } from '../result.ts'
import { namespacesInUse } from './network-namespaces.ts'
import { podNamespaces } from './pod-namespaces.ts'

export const removeNetworkNamespaces: CarryOut<'remove-network-namespaces'> = async (undo, machine, found) => {
  const { spare = [], containerd = '/var/lib/containerd' } = undo
  const there = async () =>
    ((await machine.list(NETWORK_NAMESPACES)) ?? []).filter((name) => isPodNamespace(name) && !spare.includes(name))
  const candidates = await there()
  const open = candidates.filter((name) => !found.known.includes(name))
  const own = [...found.known, ...(await podNamespaces(open, containerd, machine))]
  const used = await namespacesInUse(
    candidates.filter((name) => own.includes(name)),
    machine,
  )
  const unknown = candidates.filter((name) => !own.includes(name))
  const removable = (await there()).filter((name) => own.includes(name) && !used.includes(name))
  if (removable.length > 0) {
    await found.record(removable)
    const batch = removable.map((name) => `netns delete ${name}\n`).join('')
    const { stderr } = await machine.ask(['ip', '-force', '-batch', '-'], { stdin: batch, timeoutMs: 60_000 })
    const left = (await there()).filter((name) => removable.includes(name))
    if (left.length > 0) throw stillThere(left, stderr.trim())
  }
  const kept = [
    ...(used.length > 0 ? [`network namespaces are in use by other programs: ${used.join(' ')}`] : []),
    ...(unknown.length > 0
      ? [`no record shows that Cantrip created these network namespaces: ${unknown.join(' ')}`]
      : []),
  ]
  return resultOf(
    removable.map((name) => `network namespace ${name}`),
    kept.length > 0 ? kept.join('; ') : undefined,
  )
}

function stillThere(left: readonly string[], stderr: string): AgentError {
  return new AgentError(
    'undo/namespace-left',
    `network namespaces could not be deleted: ${left.join(' ')} (${stderr})`,
    {
      fix: `${command`ip netns delete ${left[0] ?? ''}`}, then run the same command again`,
    },
  )
}
