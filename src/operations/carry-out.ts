import { reportOf } from '../base/agent-error.ts'
import type { Machine } from '../host/machine.ts'
import type { Errand, ErrandAnswer } from '../protocol/wire/operation.ts'
import { invite } from './invite.ts'
import { lookAtEtcd } from './look-at-etcd.ts'
import { retire } from './retire.ts'

/** Never rejects: what goes wrong is told to whoever asked. */
export async function carryOutErrand(machine: Machine, errand: Errand): Promise<ErrandAnswer> {
  try {
    switch (errand.errand) {
      case 'invite':
        return { id: errand.id, ...(await invite(machine, errand)) }
      case 'retire':
        return { id: errand.id, ...(await retire(machine, errand)) }
      case 'look-at-etcd':
        return { id: errand.id, ...(await lookAtEtcd(machine)) }
    }
  } catch (error) {
    return { id: errand.id, outcome: 'failed', error: reportOf(error) }
  }
}
