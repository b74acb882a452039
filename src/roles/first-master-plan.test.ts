import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../test/support/fake-kubernetes.ts'
import { planWorkflow } from '../engine/plan-workflow.ts'
import { planningHost } from '../host/planning.ts'
import { firstMaster } from './first-master.ts'

test('the plan of a first master does not wait, and lists what the run then records', async () => {
  const fake = fakeKubernetes()
  fake.host.network.onRequest('https://10.0.0.5:6443/', () => ({ status: 503 }))
  const planning = planningHost(fake.host.machine, '/var/lib/cantrip/backups')
  const before = fake.host.files.snapshot()
  const startMs = fake.host.clock.nowMs
  const planned = await planWorkflow(firstMaster, fake.params, planning, new AbortController().signal)
  expect(fake.host.clock.nowMs).toBe(startMs)
  expect(fake.host.files.snapshot()).toEqual(before)

  const real = fakeKubernetes()
  for (const component of firstMaster.components) await runComponent(component, real)
  const text = ({ kind, what }: { kind: string; what: string }) => `${kind} ${what}`
  const listed = new Set(planned.flatMap(({ changes }) => changes.map(text)))
  const recorded = new Set(real.host.changes.map(text))
  expect(planned.filter(({ unknown }) => unknown !== undefined).map(({ id, unknown }) => `${id}: ${unknown}`)).toEqual(
    [],
  )
  expect([...recorded].filter((change) => !listed.has(change))).toEqual([])
  expect([...listed].filter((change) => !recorded.has(change))).toEqual([])
})
