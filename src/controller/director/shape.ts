import type { Instruction } from '../../protocol/instruction.ts'
import type { Node } from '../store/records.ts'
import type { Member } from './situation.ts'

/** The master that starts the cluster: one that has begun already, else the one that was configured first. */
export function firstMaster(members: readonly Member[]): Node | undefined {
  const masters = members.map(({ node }) => node).filter((node) => node.roles.includes('master'))
  const rank = (node: Node) => `${node.generation > 0 ? 0 : 1} ${node.configuredAt ?? '~'} ${node.id}`
  return masters.sort((a, b) => (rank(a) < rank(b) ? -1 : 1))[0]
}

/** What a configured node would be told to become; undefined where this version has no such role yet. */
export function roleOf(node: Node, members: readonly Member[]): Instruction['role'] | undefined {
  return firstMaster(members)?.id === node.id ? 'first-master' : undefined
}
