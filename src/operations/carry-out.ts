import { reportOf } from '../base/agent-error.ts'
import type { Machine } from '../host/machine.ts'
import type { Operation, OperationAnswer } from '../protocol/wire/operation.ts'
import { listAccess, revokeAccess } from './access/bindings.ts'
import { grantAccess } from './access/grant.ts'
import type { Outcome } from './answer.ts'
import { cordon, uncordon } from './drain/cordon.ts'
import { cordonAndDrain } from './drain/cordon-and-drain.ts'
import { backUpEtcd, checkBackup, lookAtBackups } from './etcd/backups.ts'
import { etcdStatus } from './etcd/etcd-status.ts'
import { lookAtEtcd } from './etcd/look-at-etcd.ts'
import { moveLeader } from './etcd/move-leader.ts'
import { invite } from './invite.ts'
import { retire } from './retire.ts'
import { checkUpgrade } from './upgrade/check-upgrade.ts'
import { nodeLabels } from './upgrade/node-labels.ts'

/** Any but the update of the agent itself, which another part carries out. */
export type OperationInCluster = Exclude<Operation, { operation: 'update-agent' }>

type Work = { [Kind in OperationInCluster['operation']]: (machine: Machine, operation: Of<Kind>) => Promise<Outcome> }
type Of<Kind> = OperationInCluster & { operation: Kind }

const WORK: Work = {
  invite,
  retire,
  'look-at-etcd': lookAtEtcd,
  'grant-access': grantAccess,
  'revoke-access': revokeAccess,
  'list-access': listAccess,
  cordon,
  'cordon-and-drain': cordonAndDrain,
  uncordon,
  'move-leader': moveLeader,
  'etcd-status': etcdStatus,
  'check-upgrade': checkUpgrade,
  'node-labels': nodeLabels,
  'back-up-etcd': backUpEtcd,
  'look-at-backups': lookAtBackups,
  'check-backup': checkBackup,
}

/** Never rejects: an error is part of the answer. */
export async function carryOutOperation(machine: Machine, operation: OperationInCluster): Promise<OperationAnswer> {
  const { id } = operation
  try {
    const work = WORK[operation.operation] as (machine: Machine, operation: OperationInCluster) => Promise<Outcome>
    return { id, ...(await work(machine, operation)) }
  } catch (error) {
    return { id, outcome: 'failed', error: reportOf(error) }
  }
}
