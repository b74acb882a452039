import { provisionCluster, resetCluster } from '../../../../src/controller/clusters/cluster-commands.ts'
import type { Change } from '../../../../src/controller/domain/change.ts'
import type { Cluster, Node } from '../../../../src/controller/domain/records.ts'
import { approve } from '../../../../src/controller/nodes/approval.ts'
import { configure, remove } from '../../../../src/controller/nodes/node-commands.ts'
import { reconcile } from '../../../../src/controller/reconcile/reconcile.ts'
import type { Services } from '../../../../src/controller/services.ts'
import type { NodeRole } from '../../../../src/protocol/names.ts'
import type { Process } from './process.ts'
import type { World } from './world.ts'

/*
 * Requests of administrators and of the operator. When a controller answers, the change must be among the commits since the
 * request, regardless of other requests.
 */

export const anyProcess = (world: World): Process => {
  const found = world.pick(world.processes)
  if (!found) throw new Error('there is no controller')
  return found
}

/** Returns the code of a refusal. */
function ask(
  world: World,
  what: string,
  work: (services: Services) => Promise<unknown>,
  isDone: (since: Change[]) => boolean,
) {
  const process = anyProcess(world)
  return world.ask(what, process, async () => {
    const from = world.mirror.changes.length
    await work(process.services)
    if (!isDone(world.mirror.changes.slice(from))) world.wrong.push(`${what} was answered, and not done`)
  })
}

const ofNode = (since: Change[], id: string, isIt: (to: Partial<Node>) => boolean) =>
  since.some((change) => change.change === 'set-node' && change.id === id && isIt(change.to))
const ofCluster = (since: Change[], isIt: (to: Partial<Cluster>) => boolean) =>
  since.some((change) => change.change === 'set-cluster' && isIt(change.to))

export function approveNode(world: World, node: Node): Promise<string | undefined> {
  const isDiscovered = () => world.mirror.nodes.get(node.id)?.state === 'DISCOVERED'
  const was = isDiscovered()
  const lost = [...world.mirror.nodes.values()].find(
    ({ id, name, state, approvedAt }) =>
      name === node.name && id !== node.id && state !== 'REMOVED' && approvedAt !== null,
  )
  return ask(
    world,
    `approve ${node.name}`,
    (services) => approve(services, node, lost?.id),
    (since) => !was || !isDiscovered() || ofNode(since, node.id, ({ state }) => state === 'APPROVED'),
  )
}

export const configureNode = (world: World, node: Node, roles: NodeRole[]): Promise<string | undefined> =>
  ask(
    world,
    `configure ${node.name}`,
    (services) => configure(services, node, { roles, disks: [] }),
    (since) => ofNode(since, node.id, ({ configuredAt }) => typeof configuredAt === 'string'),
  )

export function removeNode(world: World, node: Node, force: boolean): Promise<string | undefined> {
  const isRemoved = () => world.mirror.nodes.get(node.id)?.state === 'REMOVED'
  return ask(
    world,
    `remove ${node.name}`,
    (services) => remove(services, node, force),
    (since) => isRemoved() || (!force && ofNode(since, node.id, ({ leaving }) => leaving !== undefined)),
  )
}

/** Requests the provisioning or the reset of the cluster. */
export function want(world: World, desired: 'provision' | 'reset'): Promise<string | undefined> {
  const isWanted = () => world.mirror.cluster.desired === desired
  const was = isWanted()
  const command = desired === 'provision' ? provisionCluster : resetCluster
  return ask(
    world,
    desired,
    (services) => command(services, world.mirror.cluster),
    (since) => was || isWanted() || ofCluster(since, (to) => to.desired === desired),
  )
}

/** Stores a report of the operator, like its route. */
export function report(world: World, found: NonNullable<Cluster['report']>): Promise<string | undefined> {
  return ask(
    world,
    'report',
    (services) =>
      reconcile(services, world.mirror.cluster.id, (draft) =>
        draft.setCluster({ report: found, reportAt: draft.now.toISOString() }),
      ),
    (since) => ofCluster(since, (to) => to.report === found),
  )
}
