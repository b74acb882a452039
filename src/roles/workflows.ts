import type { Workflow } from '../engine/step.ts'
import type { Instruction, NodeTask } from '../protocol/wire/instruction.ts'
import type { ProvisionParams } from '../provision/params.ts'
import { firstMaster } from './first-master.ts'
import { master } from './master.ts'
import { renewMaster, renewWorker } from './renew.ts'
import { worker } from './worker.ts'

/** The workflow that carries out a task. */
export const WORKFLOWS: Readonly<Record<NodeTask, Workflow<ProvisionParams>>> = {
  'first-master': firstMaster,
  master,
  worker,
}

/** What a run of a role does on a node that has, or gets, this task. */
export function workflowOf(role: Exclude<Instruction['role'], 'reset'>, task: NodeTask): Workflow<ProvisionParams> {
  if (role !== 'renew') return WORKFLOWS[role]
  return task === 'worker' ? renewWorker : renewMaster
}
