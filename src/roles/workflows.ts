import type { Workflow } from '../engine/step.ts'
import type { NodeTask } from '../protocol/wire/instruction.ts'
import type { ProvisionParams } from '../provision/params.ts'
import { firstMaster } from './first-master.ts'
import { master } from './master.ts'
import { worker } from './worker.ts'

/** The workflow that carries out a task. */
export const WORKFLOWS: Readonly<Record<NodeTask, Workflow<ProvisionParams>>> = {
  'first-master': firstMaster,
  master,
  worker,
}
