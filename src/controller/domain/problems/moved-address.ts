import type { ErrorReport } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import type { RenderedRemedy } from '../../../base/remedy.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import type { Node } from '../records.ts'

/** A configured node whose machine no longer has the node's address, for example because of DHCP. */
export interface MovedAddress {
  was: string
  /** The addresses of the configured interface; empty if it has none or does not exist. */
  now: string[]
}

/** Undefined if the machine has the address, or its addresses are unknown. */
export function movedAddress({ facts, interface: name, address }: Node): MovedAddress | undefined {
  if (facts === null || name === null) return undefined
  if (facts.interfaces.some(({ addresses }) => addresses.some((each) => each.address === address))) return undefined
  const found = facts.interfaces.find((each) => each.name === name)?.addresses ?? []
  return { was: address, now: found.map((each) => each.address).filter((each) => !/^(fe80:|169\.254\.)/.test(each)) }
}

/** `node one was configured with address 10.0.0.7 (eth0); the interface now has 10.0.0.9` */
export function movedText(
  { name, interface: link }: Pick<Node, 'name' | 'interface'>,
  { was, now }: MovedAddress,
): string {
  const has = now.length === 0 ? 'no address' : now.join(', ')
  return `node ${name} was configured with address ${was} (${link}); the interface now has ${has}`
}

/**
 * Why a node has to be configured again before it gets an instruction: its files would contain an address that the machine
 * does not have. A node that `hasBegun` has already written such files, which only a reset removes.
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
    message: `${movedText(node, moved)}; wanted a permanent address`,
    ...(hasBegun
      ? remedy`restore the address (${add}, and a DHCP reservation), then: ${provision}; or ${startOverRemedy(name, clusterName)}`
      : remedy`${configure} && ${provision}; and reserve the address for the machine in DHCP`),
  }
}

/** How to remove what a node has installed with another role or address. */
export function startOverRemedy(name: string, cluster: string): RenderedRemedy {
  return remedy`to start over: ${{ do: 'cluster.reset', cluster }}; if other nodes of the cluster are READY: ${{ do: 'node.remove', node: name }}, then install the agent again`
}
