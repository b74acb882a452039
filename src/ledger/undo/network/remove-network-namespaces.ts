import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import { isPodNamespace } from '../../../base/kubernetes-names.ts'
import { type CarryOut, resultOf } from '../result.ts'
import { NAMESPACES, namespacesInUse } from './network-namespaces.ts'
import { podNamespaces } from './pod-namespaces.ts'

export const removeNetworkNamespaces: CarryOut<'remove-network-namespaces'> = async (undo, machine, found) => {
  const { spare = [], containerd = '/var/lib/containerd' } = undo
  const there = async () =>
    ((await machine.list(NAMESPACES)) ?? []).filter((name) => isPodNamespace(name) && !spare.includes(name))
  const candidates = await there()
  const open = candidates.filter((name) => !found.known.includes(name))
  const ours = [...found.known, ...(await podNamespaces(open, containerd, machine))]
  const used = await namespacesInUse(
    candidates.filter((name) => ours.includes(name)),
    machine,
  )
  const unknown = candidates.filter((name) => !ours.includes(name))
  const going = (await there()).filter((name) => ours.includes(name) && !used.includes(name))
  if (going.length > 0) {
    await found.record(going)
    const batch = going.map((name) => `netns delete ${name}\n`).join('')
    const { stderr } = await machine.ask(['ip', '-force', '-batch', '-'], { stdin: batch, timeoutMs: 60_000 })
    const left = (await there()).filter((name) => going.includes(name))
    if (left.length > 0) throw stillThere(left, stderr.trim())
  }
  const kept = [
    ...(used.length > 0 ? [`network namespaces are in use by others: ${used.join(' ')}`] : []),
    ...(unknown.length > 0 ? [`no record says that these network namespaces are ours: ${unknown.join(' ')}`] : []),
  ]
  return resultOf(
    going.map((name) => `network namespace ${name}`),
    kept.length > 0 ? kept.join('; ') : undefined,
  )
}

function stillThere(left: readonly string[], said: string): AgentError {
  return new AgentError('undo/namespace-left', `network namespaces are still there: ${left.join(' ')} (${said})`, {
    fix: `${command`ip netns delete ${left[0] ?? ''}`}, then run the same command again`,
  })
}
