import { AgentError } from '../../errors/agent-error.ts'
import { command } from '../../errors/command.ts'
import { matchNames } from '../../host/name-patterns.ts'
import type { CarryOut } from './result.ts'

export const removeLinks: CarryOut<'remove-links'> = async ({ names, spare = [] }, machine) => {
  const present = async () => matchNames((await machine.list('/sys/class/net')) ?? [], names, spare)
  const links = await present()
  if (links.length === 0) return undefined
  // With -force it goes on past a link that went together with its peer.
  const batch = links.map((name) => `link delete ${name}\n`).join('')
  const { stderr } = await machine.ask(['ip', '-force', '-batch', '-'], { stdin: batch, timeoutMs: 60_000 })
  const left = await present()
  if (left.length === 0) return undefined
  throw new AgentError('undo/link-left', `network interfaces are still there: ${left.join(' ')} (${stderr.trim()})`, {
    fix: `${command`ip link delete ${left[0] ?? ''}`}, then run the same command again`,
  })
}
