import type { Workflow } from '../engine/step.ts'
import type { Instruction, NodeTask } from '../protocol/wire/instruction.ts'
import type { ProvisionParams } from '../provision/params.ts'
import { addOns } from './add-ons.ts'
import { firstMaster } from './first-master.ts'
import { master } from './master.ts'
import { renewMaster, renewWorker } from './renew.ts'
import { restoreEtcd } from './restore-etcd.ts'
import { upgradeMaster, upgradeWorker } from './upgrade.ts'
import { worker } from './worker.ts'

/** The workflow that provisions a node with a task. */
export const WORKFLOWS: Readonly<Record<NodeTask, Workflow<ProvisionParams>>> = {
  'first-master': firstMaster,
  master,
  worker,
}

/** The workflow that carries out an instruction. @param task of the node */
export function workflowOf(role: Exclude<Instruction['role'], 'reset'>, task: NodeTask): Workflow<ProvisionParams> {
  switch (role) {
    case 'upgrade':
      return task === 'worker' ? upgradeWorker : upgradeMaster
    case 'renew':
      return task === 'worker' ? renewWorker : renewMaster
    case 'restore-etcd':
      return restoreEtcd
    case 'add-ons':
      return addOns
    default:
      return WORKFLOWS[role]
  }
}
