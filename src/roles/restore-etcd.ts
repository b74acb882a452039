import { apiServer } from '../components/api-server/component.ts'
import { etcd } from '../components/etcd/component.ts'
import type { Workflow } from '../engine/step.ts'
import type { ProvisionParams } from '../provision/params.ts'

/** Gives the etcd of a master other data. All masters that take part carry it out at the same time, and wait for each other. */
export const restoreEtcd: Workflow<ProvisionParams> = { id: 'restore-etcd', components: [etcd, apiServer] }
