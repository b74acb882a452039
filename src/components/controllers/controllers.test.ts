import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { controllers } from './component.ts'

test('manifests are written, and written again if a kill truncated one', async () => {
  const fake = fakeKubernetes()
  expect(await runComponent(controllers, fake)).toEqual(['controllers/write-manifests'])
  expect(await runComponent(controllers, fake)).toEqual([])
  fake.host.files.seed('/etc/kubernetes/manifests/kube-scheduler.yaml', 'kind: Po')
  expect(await runComponent(controllers, fake)).toEqual(['controllers/write-manifests'])
})

test('starts only after the API server is ready', () => {
  expect(controllers.after).toContain('api-server')
})
