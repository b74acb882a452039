import type { BackupList, MasterBackups } from '../../../protocol/api/clusters/backups.ts'
import type { OperationAnswer } from '../../../protocol/wire/operation.ts'
import type { Cluster, Node } from '../../domain/records.ts'
import { isProvisionedMaster } from '../../domain/shape.ts'
import type { HasAuthority, HasClock, HasOperations, HasPresence, HasStore } from '../../ports.ts'
import { situationOf } from '../../reconcile/situation-of.ts'
import { shared } from '../shared-answer.ts'

export type Looking = HasStore & HasClock & HasPresence & HasAuthority & HasOperations

/** Reading a database of gigabytes takes a while. */
const LOOK_MS = 20_000

export interface Look {
  master: Node
  answer: OperationAnswer
}

/** Asks every master that is provisioned, at the same time; one that is not connected answers `not-yet` at once. */
export async function lookAtMasters(ports: Looking, { id }: Pick<Cluster, 'id'>): Promise<Look[]> {
  const data = await ports.store.load(id)
  const masters = data ? situationOf(ports, data).members.filter(isProvisionedMaster) : []
  return Promise.all(
    masters.map(async ({ node: master }) => {
      const answer = await ports.operations.run(ports, master, { operation: 'look-at-backups' }, LOOK_MS)
      return { master, answer }
    }),
  )
}

/** By the id of the cluster. */
export const lists = shared(
  async (ports: Looking, id: string): Promise<BackupList> => ({
    masters: (await lookAtMasters(ports, { id })).map(viewOf),
  }),
)

export const listBackups = (ports: Looking, { id }: Pick<Cluster, 'id'>): Promise<BackupList> =>
  lists.get(ports, id).answer

function viewOf({ master, answer }: Look): MasterBackups {
  const { name: node } = master
  if (answer.outcome === 'done') {
    return { node, backups: answer.backups ?? [], etcd: answer.etcdState ?? null, problem: null }
  }
  const problem = answer.outcome === 'failed' ? answer.error.message : `waiting for ${answer.waitingFor}`
  return { node, backups: [], etcd: null, problem }
}
