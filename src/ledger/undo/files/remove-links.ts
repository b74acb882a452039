import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import { linksMeantBy } from '../../../base/kubernetes-names.ts'
import { type CarryOut, resultOf } from '../result.ts'

/** A kernel's module makes it in every network namespace, and it stays as long as the module: deleting it does nothing. */
const OF_THE_KERNEL = /^(tunl0|gre0|gretap0|erspan0|sit0|ip6tnl0|ip6gre0|ip_vti0|ip6_vti0)$/

export const removeLinks: CarryOut<'remove-links'> = async ({ names, spare = [] }, machine) => {
  const present = async () => {
    const there = ((await machine.list('/sys/class/net')) ?? []).filter((name) => !spare.includes(name))
    return names.flatMap((pattern) => linksMeantBy(pattern, there))
  }
  const found = await present()
  const [kernels, links] = [found.filter(isOfTheKernel), found.filter((name) => !isOfTheKernel(name))]
  const kept =
    kernels.length > 0 ? `${kernels.join(' ')} stays until the kernel's module for it is unloaded` : undefined
  if (links.length === 0) return resultOf([], kept)
  // With -force it goes on past a link that went together with its peer.
  const batch = links.map((name) => `link delete ${name}\n`).join('')
  const { stderr } = await machine.ask(['ip', '-force', '-batch', '-'], { stdin: batch, timeoutMs: 60_000 })
  const left = (await present()).filter((name) => !isOfTheKernel(name))
  const removed = links.filter((name) => !left.includes(name)).map((name) => `network interface ${name}`)
  if (left.length === 0) return resultOf(removed, kept)
  throw new AgentError('undo/link-left', `network interfaces are still there: ${left.join(' ')} (${stderr.trim()})`, {
    fix: `${command`ip link delete ${left[0] ?? ''}`}, then run the same command again`,
  })
}

const isOfTheKernel = (name: string) => OF_THE_KERNEL.test(name)
