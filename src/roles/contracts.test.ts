import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fakeKubernetes } from '../../test/support/fake-kubernetes.ts'
import type { Workflow } from '../engine/step.ts'
import type { NodeTask } from '../protocol/wire/instruction.ts'
import { COMPONENT_IDS } from '../provision/component-ids.ts'
import type { ProvisionParams } from '../provision/params.ts'
import { firstMaster } from './first-master.ts'
import { master } from './master.ts'
import { renewMaster, renewWorker } from './renew.ts'
import { worker } from './worker.ts'

const workflows: Workflow<ProvisionParams>[] = [firstMaster, master, worker, renewMaster, renewWorker]

test('the ids of components are the folders of src/components', () => {
  expect(readdirSync(join(import.meta.dirname, '../components')).sort()).toEqual([...COMPONENT_IDS])
})

test('every dependency of a component is in the same workflow', () => {
  const components = workflows.flatMap((workflow) => workflow.components)
  const idle = components.flatMap(({ id, after }) =>
    after
      .filter((name) => {
        const together = workflows.filter((workflow) => workflow.components.some((component) => component.id === id))
        return !together.some((workflow) => workflow.components.some((component) => component.id === name))
      })
      .map((name) => `${id}: after ${name}, which is in no workflow with it`),
  )
  expect(idle).toEqual([])
})

test.each<[Workflow<ProvisionParams>, NodeTask, string[]]>([
  [firstMaster, 'first-master', ['cluster-config: admits-nodes']],
  [master, 'master', ['shared-keys: awaits-admission', 'etcd: has-vote']],
  [worker, 'worker', ['join: awaits-admission']],
])('marks show the controller what it waits for: $0.id', (workflow, task, wanted) => {
  const marks = workflow.components.flatMap((component) =>
    component
      .steps({ ...fakeKubernetes().params, task })
      .flatMap((step) => (step.marks === undefined ? [] : [`${component.id}: ${step.marks}`])),
  )
  expect(marks).toEqual(wanted)
})
