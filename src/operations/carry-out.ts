import { reportOf } from '../base/agent-error.ts'
import type { Machine } from '../host/machine.ts'
import type { Operation, OperationAnswer } from '../protocol/wire/operation.ts'
import { listAccess, revokeAccess } from './access/bindings.ts'
import { grantAccess } from './access/grant.ts'
import { invite } from './invite.ts'
import { lookAtEtcd } from './look-at-etcd.ts'
import { retire } from './retire.ts'

/** Never rejects: an error is part of the answer. */
export async function carryOutOperation(machine: Machine, operation: Operation): Promise<OperationAnswer> {
  try {
    switch (operation.operation) {
      case 'invite':
        return { id: operation.id, ...(await invite(machine, operation)) }
      case 'retire':
        return { id: operation.id, ...(await retire(machine, operation)) }
      case 'look-at-etcd':
        return { id: operation.id, ...(await lookAtEtcd(machine)) }
      case 'grant-access':
        return { id: operation.id, ...(await grantAccess(machine, operation)) }
      case 'revoke-access':
        return { id: operation.id, ...(await revokeAccess(machine, operation)) }
      case 'list-access':
        return { id: operation.id, ...(await listAccess(machine)) }
    }
  } catch (error) {
    return { id: operation.id, outcome: 'failed', error: reportOf(error) }
  }
}
