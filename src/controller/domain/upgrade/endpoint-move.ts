import type { Instruction } from '../../../protocol/wire/instruction.ts'
import { endpointToMoveTo } from '../director/endpoint.ts'
import { isProvisionedMaster, lastRun, mayHaveKubernetes, takesPart } from '../shape.ts'
import type { Situation } from '../situation.ts'
import { changeAll } from './change-all.ts'
import type { Upgrade } from './record.ts'
import { isActive, isMove } from './upgrade.ts'

/*
 * A cluster that began with one master has that master's address as its API endpoint. Before further masters join, its nodes move to the
 * name that the node DNS resolves: a change of all nodes, with the runs of an upgrade.
 */

/** Begins the move if it is due, and no run uses the former endpoint. */
export function moveToBegin(situation: Situation): { upgrade: Upgrade; endpoint: string } | undefined {
  const { cluster, members } = situation
  if (cluster.desired !== 'provision' || isActive(cluster.upgrade)) return undefined
  const endpoint = isUnfinished(situation) ? cluster.endpoint : dueMove(situation)
  if (!endpoint) return undefined
  // The run of a node that is away is cancelled.
  const isAtWork = members.some((member) => lastRun(member)?.state === 'open' && member.node.silent !== 'unreachable')
  return isAtWork ? undefined : { upgrade: changeAll(situation, ['endpoint']), endpoint }
}

/** Whether a node has to wait until the others have moved: it would be told an endpoint that does not answer yet. */
export function waitsForMove(situation: Situation, role: Instruction['role']): boolean {
  if (role !== 'master' && role !== 'worker') return false
  const { cluster, members } = situation
  const isMoving = isMove(cluster.upgrade) && cluster.upgrade?.addOns !== 'done'
  return members.some(isProvisionedMaster) && (isMoving || dueMove(situation) !== undefined)
}

/** The new endpoint, if further masters are to be provisioned. */
function dueMove({ cluster, members }: Situation): string | undefined {
  const isGrowing = members.some(
    ({ node }) => node.roles.includes('master') && !mayHaveKubernetes(node) && takesPart(node, cluster),
  )
  return isGrowing && cluster.establishedAt !== null ? endpointToMoveTo(cluster, members) : undefined
}

/** One that was cancelled is begun again by the next request to provision the cluster. */
function isUnfinished({ cluster: { upgrade, desiredAt } }: Situation): boolean {
  if (upgrade === null || !isMove(upgrade) || upgrade.addOns === 'done') return false
  return upgrade.endedAt !== null && desiredAt !== null && desiredAt > upgrade.endedAt
}
