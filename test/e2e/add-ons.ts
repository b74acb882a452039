/**
 * The engine of add-ons with a real API server: what its fake in the unit tests promises. Applying, drift, fields of others, pruning, and
 * kills at requests. With `--full` at every request.
 */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KubernetesObject } from '../../src/add-ons/objects.ts'
import { DEFAULT_VERSIONS } from '../../src/bundle/versions/sets.ts'
import { inClusterKubernetes } from '../../src/operator/add-ons/kubernetes/client.ts'
import type { Kubernetes } from '../../src/operator/add-ons/kubernetes/kubernetes.ts'
import { Resources } from '../../src/operator/add-ons/kubernetes/resources.ts'
import { turn } from '../../src/operator/add-ons/turn.ts'
import type { AddOnStatus, Wanted, WantedAddOn } from '../../src/operator/add-ons/wanted.ts'
import { patchJson, sendJson } from '../../src/operator/in-cluster.ts'
import { interruptible } from '../run/interruption.ts'
import { startControlPlane } from '../support/kubernetes-api/control-plane.ts'
import * as objects from '../support/kubernetes-api/real-objects.ts'
import { addOn, config, NAMESPACE, PATHS, widget } from '../support/kubernetes-api/scene.ts'
import { story } from './stages.ts'

const EVERY = process.env.CANTRIP_FULL === '1' ? 1 : 40
const MOST_TURNS = 600
const say = (line: string) => console.log(line)
const plane = await startControlPlane(DEFAULT_VERSIONS.kubernetes)
const interrupted = interruptible(plane.stop)
const { stage, end } = story(say, async () => undefined, interrupted)
const { cluster } = plane
const real = inClusterKubernetes(cluster, interrupted)
const CANARY = '/api/v1/namespaces/theirs/configmaps/canary'
const DELETABLE = ['/PersistentVolumeClaim/shop/data']
const FIRST = [
  objects.WEBHOOK,
  objects.web('web:1'),
  widget('one'),
  config('a', '1'),
  config('b', '1'),
  objects.CRD,
  objects.CLAIM,
  NAMESPACE,
]
const SECOND = [objects.web('web:2'), widget('one'), config('b', '2'), config('c', '1'), objects.CRD, NAMESPACE]

let requests = 0
let killAt = 0
let isDead = false
let resources = new Resources(real)
let wanted: Wanted = { revision: 0, addOns: [], deletable: [] }

/** Dies after the request `killAt`. */
function mortal<A extends unknown[], T>(call: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
  return async (...args) => {
    if (isDead) throw new Error('killed')
    const [result] = await Promise.allSettled([call(...args)])
    requests += 1
    if (requests === killAt) isDead = true
    if (isDead) throw new Error('killed')
    if (result.status === 'rejected') throw result.reason
    return result.value
  }
}
const kubernetes: Kubernetes = {
  ...{ get: mortal(real.get), list: mortal(real.list), apply: mortal(real.apply), remove: mortal(real.remove) },
  ...{ resources: mortal(real.resources), groupVersions: mortal(real.groupVersions) },
}
const once = () => turn({ kubernetes, resources, now: () => new Date() }, wanted)

function want(addOns: WantedAddOn[], deletable: string[] = []): void {
  wanted = { revision: wanted.revision + 1, addOns, deletable }
}

/** Until nothing waits. A new process goes on after a kill. */
async function settle(): Promise<AddOnStatus[]> {
  for (let turns = 0; turns < MOST_TURNS; turns += 1) {
    const statuses = await once().catch((error: unknown) => {
      if (!isDead) throw error
    })
    if (isDead) {
      isDead = false
      killAt = 0
      resources = new Resources(kubernetes)
    } else if (statuses?.every(({ state }) => state === 'healthy' || state === 'removed')) return statuses
    await runPods()
    await sleep(50)
  }
  throw new Error(`it does not settle: ${JSON.stringify(await once())}`)
}

/** There are no nodes: the pods of the Deployment are said to be there. */
async function runPods(): Promise<void> {
  const found = await real.get(PATHS.web)
  if (!found) return
  const { replicas } = found.spec as { replicas: number }
  const counts = { replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas }
  const status = { observedGeneration: found.metadata.generation, ...counts }
  await patchJson(cluster, `${PATHS.web}/status`, { status }, interrupted)
}

async function edit(path: string, manager: string, patch: object): Promise<void> {
  await patchJson(cluster, `${path}?fieldManager=${manager}`, patch, interrupted)
}

async function create(path: string, object: KubernetesObject): Promise<void> {
  const request = { method: 'PATCH' as const, type: 'application/apply-patch+yaml', body: object }
  await sendJson(cluster, `${path}?fieldManager=kubectl`, request, interrupted)
}

async function remove(path: string): Promise<void> {
  const found = await real.get(path)
  if (found) await real.remove(path, found.metadata.uid)
}

const driftOf = async () => (await once())[0]?.drifted ?? []
async function replicas(): Promise<number> {
  const found = (await real.get(PATHS.web)) as { spec?: { replicas: number } } | undefined
  return found?.spec?.replicas ?? -1
}

/** What the cluster has of the add-on. */
async function dump(): Promise<string> {
  const names = ['a', 'b', 'c'].map(PATHS.config)
  const paths = [PATHS.namespace, PATHS.web, PATHS.crd, PATHS.claim, PATHS.webhook, PATHS.widget('one'), ...names]
  const found = await Promise.all(paths.map((path) => real.get(path)))
  return JSON.stringify(
    found.map(
      (each) =>
        each && [
          each.metadata.name,
          each.metadata.labels,
          each.kind === 'Namespace' || each.spec,
          each.data,
          each.webhooks,
        ],
    ),
  )
}

async function life(): Promise<string[]> {
  const states: string[] = []
  for (const [addOns, deletable] of [[[addOn(FIRST)]], [[addOn(SECOND)]], [[], DELETABLE]] as const) {
    want([...addOns], [...(deletable ?? [])])
    await settle()
    states.push(await dump())
  }
  return states
}

try {
  await stage('an add-on is applied, and applied it is no drift', async () => {
    for (const name of ['cantrip-system', 'theirs']) {
      await create(`/api/v1/namespaces/${name}`, { ...NAMESPACE, metadata: { name } })
    }
    await create(CANARY, { ...config('canary', 'x'), metadata: { name: 'canary', namespace: 'theirs' } })
    want([addOn(FIRST)])
    const began = performance.now()
    await settle()
    say(`  healthy after ${Math.round(performance.now() - began)} ms and ${requests} requests`)
    assert.deepEqual(await driftOf(), [])
  })
  await stage('changes of others are named and corrected, and what they added stays', async () => {
    await edit(PATHS.config('b'), 'kubectl-edit', { data: { text: 'x', theirs: 'y' } })
    await edit(PATHS.web, 'kubectl-edit', {
      spec: { template: { spec: { containers: [{ name: 'web', image: 'x' }] } } },
    })
    const drifted = await driftOf()
    assert.deepEqual(
      drifted.map(({ object, writers }) => [object, writers]),
      [
        ['Deployment shop/web', ['kubectl-edit']],
        ['ConfigMap shop/b', ['kubectl-edit']],
      ],
    )
    assert.deepEqual(drifted[1]?.fields, ['.data.text'])
    assert.deepEqual((await real.get(PATHS.config('b')))?.data, { text: '1', theirs: 'y' })
    await settle()
    assert.deepEqual(await driftOf(), [])
  })
  await stage('replicas of what is scaled, and an injected CA bundle, are no drift', async () => {
    await create(objects.HPA_PATH, objects.HPA)
    assert.deepEqual([await driftOf(), await replicas()], [[], 2])
    await edit(`${PATHS.web}/scale`, 'kube-controller-manager', { spec: { replicas: 7 } })
    await edit(PATHS.webhook, 'ca-injector', { webhooks: objects.withCa(cluster.serviceAccountDirectory) })
    assert.deepEqual(await driftOf(), [])
    want([addOn([...FIRST.filter(({ kind }) => kind !== 'Deployment'), objects.web('web:3')])])
    await settle()
    assert.equal(await replicas(), 7)
    await remove(objects.HPA_PATH)
  })
  await stage('what holds data or belongs to others stays, until a person says otherwise', async () => {
    await create(PATHS.config('foreign'), config('foreign', 'x'))
    want([])
    const [status] = await settle()
    assert.deepEqual(
      status?.kept.map(({ object }) => object),
      ['PersistentVolumeClaim shop/data', 'Namespace shop'],
    )
    await remove(PATHS.config('foreign'))
    want([], DELETABLE)
    await settle()
    assert.equal(await real.get(PATHS.namespace), undefined)
    assert.equal(await real.get(PATHS.inventory), undefined)
  })
  await stage('a kill after a request leads to the same cluster', async () => {
    requests = 0
    const expected = await life()
    const total = requests
    let kills = 0
    for (let at = 1; at <= total; at += EVERY) {
      requests = 0
      killAt = at
      assert.deepEqual(await life(), expected, `killed at request ${at}`)
      kills += 1
    }
    say(`  ${kills} kills at ${total} requests`)
    const canary = await real.get(CANARY)
    assert.deepEqual(
      canary?.metadata.managedFields?.map(({ manager }) => manager),
      ['kubectl'],
    )
    assert.equal(canary.metadata.labels, undefined)
  })
} finally {
  await plane.stop()
}
process.exitCode = end()
