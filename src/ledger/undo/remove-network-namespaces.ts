import { AgentError } from '../../errors/agent-error.ts'
import { command } from '../../errors/command.ts'
import type { Machine } from '../../host/machine.ts'
import { matchNames } from '../../host/name-patterns.ts'
import type { CarryOut } from './result.ts'

export const removeNetworkNamespaces: CarryOut<'remove-network-namespaces'> = async (undo, machine) => {
  const { names, spare = [] } = undo
  const present = async () => matchNames((await machine.list('/run/netns')) ?? [], names, spare)
  const used = await inUse(await present(), machine)
  const found = (await present()).filter((name) => !used.includes(name))
  if (found.length > 0) {
    const batch = found.map((name) => `netns delete ${name}\n`).join('')
    const { stderr } = await machine.ask(['ip', '-force', '-batch', '-'], { stdin: batch, timeoutMs: 60_000 })
    const left = (await present()).filter((name) => !used.includes(name))
    if (left.length > 0) throw stillThere(left, stderr.trim())
  }
  return used.length === 0 ? undefined : { kept: `network namespaces are in use by others: ${used.join(' ')}` }
}

/** Our own containers have ended by now: who is in one of these is of another container engine, as podman. */
async function inUse(names: readonly string[], machine: Machine): Promise<string[]> {
  const pids = await Promise.all(names.map((name) => processesIn(name, machine)))
  return names.filter((_, index) => pids[index] !== '')
}

/** '' too where it cannot be told: then the kernel has the last word on the deletion. */
async function processesIn(name: string, machine: Machine): Promise<string> {
  try {
    return (await machine.ask(['ip', 'netns', 'pids', name], { timeoutMs: 30_000 })).stdout.trim()
  } catch (error) {
    if (error instanceof AgentError) return ''
    throw error
  }
}

function stillThere(left: readonly string[], said: string): AgentError {
  return new AgentError('undo/namespace-left', `network namespaces are still there: ${left.join(' ')} (${said})`, {
    fix: `${command`ip netns delete ${left[0] ?? ''}`}, then run the same command again`,
  })
}
