import type { ErrorReport } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import type { RenderedRemedy } from '../../../base/remedy.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import type { Node } from '../records.ts'

/** A configured node whose machine has its address no more, as DHCP may do it. */
export interface MovedAddress {
  was: string
  /** Those of the interface that it is configured for; none where it has none, or is gone. */
  now: string[]
}

/** Undefined where the address is there, or nothing is known. */
export function movedAddress({ facts, interface: name, address }: Node): MovedAddress | undefined {
  if (facts === null || name === null) return undefined
  if (facts.interfaces.some(({ addresses }) => addresses.some((each) => each.address === address))) return undefined
  const found = facts.interfaces.find((each) => each.name === name)?.addresses ?? []
  return { was: address, now: found.map((each) => each.address).filter((each) => !/^(fe80:|169\.254\.)/.test(each)) }
}

/** `node one was configured at 10.0.0.7 (eth0); its machine has 10.0.0.9 there now` */
export function movedText(
  { name, interface: link }: Pick<Node, 'name' | 'interface'>,
  { was, now }: MovedAddress,
): string {
  const has = now.length === 0 ? 'no address' : now.join(', ')
  return `node ${name} was configured at ${was} (${link}); its machine has ${has} there now`
}

/**
 * Why a node is told nothing before it is configured anew: all that it would write would name an address of nobody. One that
 * `hasBegun` has written files with the former address, which only a reset takes away.
 */
export function movedProblem(node: Node, clusterName: string, hasBegun: boolean): ErrorReport | undefined {
  const moved = movedAddress(node)
  if (moved === undefined) return undefined
  const { name, roles, interface: link } = node
  const place = moved.now.length > 0 && link !== null ? { interface: link } : {}
  const configure = { do: 'node.configure', node: name, roles, ...place } as const
  const add = {
    do: 'shell',
    command: command`ip address add ${`${moved.was}/32`} dev ${link ?? 'lo'}`,
    on: name,
  } as const
  const provision = { do: 'cluster.provision', cluster: clusterName } as const
  return {
    code: 'node/address-changed',
    message: `${movedText(node, moved)}; wanted an address that stays`,
    ...(hasBegun
      ? remedy`give the machine its address again (${add}, and a reservation in DHCP), then: ${provision}; or ${anewWith(name, clusterName)}`
      : remedy`${configure} && ${provision}; and reserve the address for the machine in DHCP`),
  }
}

/** What takes away what a node has begun with another role or address. */
export function anewWith(name: string, cluster: string): RenderedRemedy {
  return remedy`to begin anew: ${{ do: 'cluster.reset', cluster }}; where others of the cluster are READY: ${{ do: 'node.remove', node: name }}, then install it again`
}
