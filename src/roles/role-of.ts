import type { Role } from '../engine/step.ts'
import type { NodeTask } from '../protocol/wire/instruction.ts'
import type { ProvisionParams } from '../provision/params.ts'
import { firstMaster } from './first-master.ts'
import { master } from './master.ts'
import { worker } from './worker.ts'

/** The role that carries out a task. */
export const ROLES: Readonly<Record<NodeTask, Role<ProvisionParams>>> = {
  'first-master': firstMaster,
  master,
  worker,
}
