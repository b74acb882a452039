import type { ErrandAnswer } from '../protocol/errand.ts'
import type { Core } from './core.ts'
import { tellState } from './node-state.ts'
import { connectedHolder } from './situation-of.ts'
import type { Node } from './store/records.ts'

const AGAIN_MS = 2_000
const GONE_TRIES = 30

/** Has a master take the node out of its cluster, one errand at a time; goes on with the node's machine after that. */
export function retireLater(core: Core, node: Node, after: () => void): void {
  if (core.errands.leaving.has(node.id)) return
  core.errands.leaving.set(node.id, 'a master to take it out of the cluster')
  setImmediate(() => {
    void retire(core, node)
      .catch((error: unknown) => core.log(`retire ${node.id}: ${error instanceof Error ? error.stack : error}`))
      .finally(() => {
        after()
        core.changes.announce()
      })
  })
}

/**
 * As far as that goes: a node that has gone already, by its own hand or by force, leaves no member of etcd and no object
 * behind. Nobody waits for it, and a controller that restarts forgets it.
 */
export function retireGone(core: Core, node: Node): void {
  const attempt = async (left: number): Promise<void> => {
    const answer = await askMaster(core, node)
    if (answer?.outcome === 'failed') core.log(`node ${node.name} is still in its cluster: ${answer.error.message}`)
    if (answer?.outcome !== 'not-yet' || left === 0) return
    setTimeout(() => void attempt(left - 1), AGAIN_MS).unref()
  }
  setImmediate(() => void attempt(GONE_TRIES))
}

/** Undefined where no other master of its cluster is connected. */
async function askMaster(core: Core, { id, clusterId, name, address, roles }: Node): Promise<ErrandAnswer | undefined> {
  const host = connectedHolder(core, clusterId, id)
  const guest = { name, address, role: roles.includes('master') ? ('master' as const) : ('worker' as const) }
  return host && core.errands.run(core, host, { errand: 'retire', guest })
}

async function retire(core: Core, node: Node): Promise<void> {
  const { errands, store } = core
  const { id } = node
  const answer = await askMaster(core, node)
  if (answer?.outcome === 'done') store.nodes.update(id, { leaving: 'reset' })
  if (answer?.outcome === 'failed') {
    store.nodes.update(id, { leaving: 'no', error: answer.error })
    tellState(core, id)
  }
  const isWaiting = answer === undefined || answer.outcome === 'not-yet'
  errands.leaving.delete(id)
  if (!isWaiting) return
  // What it waits for is shown until the next try, which is that of the next look after all nodes.
  const waitingFor = answer?.outcome === 'not-yet' ? answer.waitingFor : 'a master that is connected'
  errands.leaving.set(id, waitingFor)
  setTimeout(() => errands.leaving.delete(id), AGAIN_MS).unref()
}
