import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import { linksMeantBy } from '../../../base/kubernetes-names.ts'
import { type CarryOut, resultOf } from '../result.ts'

/** Kernel modules create these in every network namespace. They stay as long as the module: deleting them has no effect. */
const PERMANENT = /^(tunl0|gre0|gretap0|erspan0|sit0|ip6tnl0|ip6gre0|ip_vti0|ip6_vti0)$/

export const removeLinks: CarryOut<'remove-links'> = async ({ names, spare = [] }, machine) => {
  const present = async () => {
    const there = ((await machine.list('/sys/class/net')) ?? []).filter((name) => !spare.includes(name))
    return names.flatMap((pattern) => linksMeantBy(pattern, there))
  }
  const found = await present()
  const [permanent, links] = [found.filter(isPermanent), found.filter((name) => !isPermanent(name))]
  const kept =
    permanent.length > 0 ? `${permanent.join(' ')} stays until the kernel's module for it is unloaded` : undefined
  if (links.length === 0) return resultOf([], kept)
  // -force continues after a link that disappeared together with its peer.
  const batch = links.map((name) => `link delete ${name}\n`).join('')
  const { stderr } = await machine.ask(['ip', '-force', '-batch', '-'], { stdin: batch, timeoutMs: 60_000 })
  const left = (await present()).filter((name) => !isPermanent(name))
  const removed = links.filter((name) => !left.includes(name)).map((name) => `network interface ${name}`)
  if (left.length === 0) return resultOf(removed, kept)
  throw new AgentError(
    'undo/link-left',
    `network interfaces could not be deleted: ${left.join(' ')} (${stderr.trim()})`,
    {
      fix: `${command`ip link delete ${left[0] ?? ''}`}, then run the same command again`,
    },
  )
}

const isPermanent = (name: string) => PERMANENT.test(name)
