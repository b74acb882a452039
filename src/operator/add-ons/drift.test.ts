import { expect, test } from 'vitest'
import { named } from '../../../test/support/kubernetes-api/resources-and-bodies.ts'
import { addOn, config, NAMESPACE, PATHS, scene, WEBHOOK, web } from '../../../test/support/kubernetes-api/scene.ts'
import type { LiveObject } from './kubernetes/kubernetes.ts'

const OBJECTS = [NAMESPACE, config('a', '1'), web('web:1'), WEBHOOK]

async function installed(drift: 'correct' | 'report' = 'correct') {
  const cluster = scene()
  cluster.want([addOn(OBJECTS, { drift })])
  await cluster.settle()
  return cluster
}

const edit = (text: string) => (object: LiveObject) => Object.assign(object.data as object, { text })
const spec = ({ spec }: LiveObject) =>
  spec as { replicas: number; template: { spec: { containers: { image: string }[] } } }

test('a change of a field is corrected, and names the writer; what others added stays', async () => {
  const { api, once } = await installed()
  api.update(PATHS.config('a'), 'kubectl-edit', (object) => {
    Object.assign(object.data as object, { text: '2', theirs: 'x' })
    object.metadata.labels = { ...object.metadata.labels, team: 'a' }
  })
  const [status] = await once()
  expect(status?.drifted).toEqual([
    { object: 'ConfigMap shop/a', fields: ['.data.text'], writers: ['kubectl-edit'], contested: false },
  ])
  expect(api.live(PATHS.config('a'))).toMatchObject({
    data: { text: '1', theirs: 'x' },
    metadata: { labels: { team: 'a', 'cantrip.local/add-on': 'shop' } },
  })
  expect((await once())[0]?.drifted).toEqual([])
})

test('a missing object is created again, and deleted when it is not wanted any more', async () => {
  const { api, once, want, settle } = await installed()
  api.delete(PATHS.config('a'))
  expect((await once())[0]?.drifted).toMatchObject([{ object: 'ConfigMap shop/a', fields: [] }])
  expect(api.live(PATHS.config('a'))).toMatchObject({ data: { text: '1' } })
  want([addOn([NAMESPACE, web('web:1')])])
  await settle()
  expect(api.live(PATHS.config('a'))).toBeUndefined()
})

test('drift that is only reported is not corrected', async () => {
  const { api, once } = await installed('report')
  api.update(PATHS.web, 'kubectl-edit', (object) => {
    Object.assign(spec(object).template.spec.containers[0] as object, { image: 'web:other' })
  })
  for (const _ of [1, 2, 3, 4, 5]) {
    expect((await once())[0]?.drifted).toEqual([
      {
        object: 'Deployment shop/web',
        fields: ['.spec.template.spec.containers[name=web].image'],
        writers: ['kubectl-edit'],
        contested: false,
      },
    ])
  }
  expect(spec(api.live(PATHS.web) as LiveObject).template.spec.containers[0]?.image).toBe('web:other')
})

test('after 3 corrections in 10 minutes an object is left to the other writer, until a person asks for another attempt', async () => {
  const { api, clock, once, want, settle, restart } = await installed()
  const fight = async () => {
    api.update(PATHS.config('a'), 'other-controller', edit('2'))
    clock.nowMs += 60_000
    // Counted by the inventory, so that a new process knows it.
    restart()
    return (await once())[0]?.drifted[0]
  }
  for (const _ of [1, 2, 3]) expect(await fight()).toMatchObject({ contested: false })
  expect(await fight()).toMatchObject({ contested: true, writers: ['other-controller'] })
  expect(api.live(PATHS.config('a'))).toMatchObject({ data: { text: '2' } })
  clock.nowMs += 3_600_000
  expect((await once())[0]?.drifted[0]).toMatchObject({ contested: true })
  want([addOn(OBJECTS, { retry: 1 })])
  await settle()
  expect(api.live(PATHS.config('a'))).toMatchObject({ data: { text: '1' } })
})

test('corrections now and then are no fight', async () => {
  const { api, clock, once } = await installed()
  for (const _ of [1, 2, 3, 4, 5, 6]) {
    api.update(PATHS.config('a'), 'kubectl-edit', edit('2'))
    clock.nowMs += 300_001
    expect((await once())[0]?.drifted[0]).toMatchObject({ contested: false })
  }
})

const HPA = named('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', 'shop', {
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
})

test('the replicas of what is scaled automatically are no drift, also before it was scaled and in a new version', async () => {
  const { api, once, want, settle } = await installed()
  api.create('/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/web', 'kubectl', HPA)
  expect((await once())[0]?.drifted).toEqual([])
  expect(spec(api.live(PATHS.web) as LiveObject).replicas).toBe(2)
  api.update(PATHS.web, 'kube-controller-manager', (object) => Object.assign(spec(object), { replicas: 7 }))
  expect((await once())[0]?.drifted).toEqual([])
  want([addOn([NAMESPACE, config('a', '1'), web('web:2'), WEBHOOK])])
  await settle()
  expect(spec(api.live(PATHS.web) as LiveObject)).toMatchObject({
    replicas: 7,
    template: { spec: { containers: [{ image: 'web:2' }] } },
  })
})

test('the CA bundle that another program injects is no drift', async () => {
  const { api, once } = await installed()
  api.update(PATHS.webhook, 'ca-injector', (object) => {
    const [hook] = object.webhooks as { clientConfig: { caBundle: string } }[]
    if (hook) hook.clientConfig.caBundle = 'UEVN'
  })
  for (const _ of [1, 2]) expect((await once())[0]?.drifted).toEqual([])
  expect(api.live(PATHS.webhook)).toMatchObject({ webhooks: [{ clientConfig: { caBundle: 'UEVN' } }] })
})

test('an object that somebody replaced by their own is not fought for, and not deleted', async () => {
  const { api, once, want, settle } = await installed()
  api.delete(PATHS.config('a'))
  api.create(PATHS.config('a'), 'flux', config('a', 'theirs'))
  expect((await once())[0]).toMatchObject({
    state: 'failed',
    errors: [expect.stringMatching(/belongs to another writer/)],
  })
  expect(api.live(PATHS.config('a'))).toMatchObject({ data: { text: 'theirs' } })
  want([addOn([NAMESPACE, web('web:1'), WEBHOOK])])
  await settle()
  expect(api.live(PATHS.config('a'))).toMatchObject({ data: { text: 'theirs' } })
})
