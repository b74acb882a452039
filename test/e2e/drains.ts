import assert from 'node:assert/strict'
import {
  Operation,
  OperationAnswer,
  type OperationOrder,
  serializeOperation,
} from '../../src/protocol/wire/operation.ts'
import { kubectl } from '../support/site/site.ts'
import { execOk, type Node } from '../support/testbed/machine.ts'
import { waitFor } from '../support/wait-for.ts'
import type { Scene } from './shape.ts'
import { ADMIN, IMAGE } from './test-pod.ts'

const AGENT = '/usr/local/bin/cantrip-agent'
const LABELS = { app: 'held' }
const common = { id: 'e-aaaaaaaaaa', node: 'n-aaaaaaaaaa', expiresAt: '2100-01-01T00:00:00Z' }

/** A deployment whose only pod a disruption budget holds, and one that is free. The image is on the nodes already. */
const OBJECTS = [
  deployment('held', LABELS),
  deployment('free', { app: 'free' }),
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'all-of-held', namespace: 'default' },
    spec: { minAvailable: 1, selector: { matchLabels: LABELS } },
  },
]

function deployment(name: string, labels: Record<string, string>) {
  const container = { name, image: IMAGE, imagePullPolicy: 'Never', args: ['sleep', '86400'] }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [container], terminationGracePeriodSeconds: 1, volumes: [{ name: 'own', emptyDir: {} }] },
      },
    },
  }
}

/** Has the master carry it out, in the process that its service starts for an operation. */
export async function carryOut(master: Node, order: OperationOrder): Promise<OperationAnswer> {
  const operation = serializeOperation(Operation.parse(wireOf({ ...common, ...order })))
  return OperationAnswer.parse(JSON.parse(await execOk(master, [AGENT, 'operation'], { stdin: operation })))
}
const wireOf = (operation: Operation): unknown => JSON.parse(serializeOperation(operation))

/** Drains the worker, whose pods nothing else runs: one is held by its budget, which the answers name. */
export async function workerIsDrained(scene: Scene, name: string): Promise<void> {
  const master = scene.node('m1')
  const target = { name, address: scene.node(name).address, role: 'worker' } as const
  const drain = (onBlocked: 'wait' | 'skip' | 'force', seconds: number) => {
    const deadline = new Date(Date.now() + seconds * 1_000).toISOString()
    return carryOut(master, { operation: 'cordon-and-drain', target, deadline, onBlocked })
  }
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: OBJECTS })
  await execOk(master, ['kubectl', ...ADMIN, 'apply', '-f', '-'], { stdin: list })
  for (const each of ['held', 'free'])
    await succeed(master, ['wait', '--for=condition=Available', `deployment/${each}`, '--timeout=90s'])
  const others = await podsOn(master, name, 'kube-system')

  const blocked = await drain('wait', 600)
  scene.say(JSON.stringify(blocked))
  assert.equal(blocked.outcome, 'not-yet')
  assert.deepEqual(
    blocked.blocked?.pods.map(({ namespace, budgets }) => [namespace, budgets]),
    [['default', ['all-of-held']]],
  )
  assert.match(
    blocked.waitingFor,
    /^\d+ pods? of w\d to move .*default\/held-.* \(disruption budget all-of-held: The disruption budget all-of-held needs 1 healthy pods and has 1 currently\)/,
  )
  assert.deepEqual(
    (await podsOn(master, name, 'default')).map((pod) => pod.split('-')[0]),
    ['held'],
  )
  assert.deepEqual(await unschedulable(master, name), 'true true')

  const skipped = await drain('skip', -1)
  scene.say(JSON.stringify(skipped))
  assert.equal(skipped.outcome, 'done')
  assert.equal(skipped.held?.[0]?.budgets[0], 'all-of-held')

  const isDone = async () => ((await drain('force', -1)).outcome === 'done' ? true : undefined)
  await waitFor('the pod that is held to be deleted', isDone, { withinMs: 60_000 })
  assert.deepEqual(await podsOn(master, name, 'default'), [])
  assert.deepEqual(
    (await podsOn(master, name, 'kube-system')).filter((pod) => /^kube-/.test(pod)),
    others.filter((pod) => /^kube-/.test(pod)),
    'pods of DaemonSets stay',
  )

  await carryOut(master, { operation: 'uncordon', target, onlyOwn: true })
  assert.deepEqual(await unschedulable(master, name), '')
  for (const each of ['held', 'free'])
    await succeed(master, ['wait', '--for=condition=Available', `deployment/${each}`, '--timeout=90s'])
  await theCordonOfOthersStays(scene, master, target)
  await preflightNamesTheBudget(scene, master)
  await succeed(master, [
    'delete',
    'deployment/held',
    'deployment/free',
    'poddisruptionbudget/all-of-held',
    '--wait=true',
  ])
}

async function theCordonOfOthersStays(
  scene: Scene,
  master: Node,
  target: { name: string; address: string; role: 'worker' },
): Promise<void> {
  await succeed(master, ['cordon', target.name])
  await isShown(scene, `^${target.name} +\\S+ +READY,cordoned `)
  const deadline = new Date(Date.now() - 1_000).toISOString()
  await carryOut(master, { operation: 'cordon-and-drain', target, deadline, onBlocked: 'skip' })
  await carryOut(master, { operation: 'uncordon', target, onlyOwn: true })
  assert.deepEqual(await unschedulable(master, target.name), 'true')
  await carryOut(master, { operation: 'uncordon', target, onlyOwn: false })
  assert.deepEqual(await unschedulable(master, target.name), '')
  await isShown(scene, `^${target.name} +\\S+ +READY `)
}

/** In the list of nodes of the controller, as soon as the operator has reported it. */
async function isShown(scene: Scene, row: string): Promise<void> {
  let shown = ''
  const look = async () => {
    shown = await scene.site().admin('node', 'list')
    return new RegExp(row, 'm').test(shown)
  }
  await waitFor(row, look, { withinMs: 10_000, details: () => shown })
}

/** Of a healthy cluster, to the next minor version and to the one after that. */
async function preflightNamesTheBudget(scene: Scene, master: Node): Promise<void> {
  const { gitVersion } = JSON.parse(await succeed(master, ['get', '--raw', '/version'])) as { gitVersion: string }
  const minor = Number(/^v1\.(\d+)\./.exec(gitVersion)?.[1])
  const check = async (ahead: number) => {
    const answer = await carryOut(master, { operation: 'check-upgrade', version: `v1.${minor + ahead}.0` })
    scene.say(JSON.stringify(answer))
    assert.equal(answer.outcome, 'done')
    return answer.findings?.map(({ level, code }) => `${level} ${code}`)
  }
  assert.deepEqual(await check(1), ['warns upgrade/budget-blocks'])
  assert.deepEqual(await check(2), ['blocks upgrade/wrong-step', 'warns upgrade/budget-blocks'])
}

/** Each master leads etcd once, while the API answers. */
export async function leaderMoves(scene: Scene): Promise<void> {
  const master = scene.node('m1')
  const leaders = async () => {
    const answer = await carryOut(master, { operation: 'etcd-status' })
    assert.equal(answer.outcome, 'done')
    const { etcd = [] } = answer
    assert.deepEqual(etcd.map(({ name, isHealthy, dbBytes = 0 }) => [name, isHealthy, dbBytes > 0]).sort(), [
      ['m1', true, true],
      ['m2', true, true],
      ['m3', true, true],
    ])
    for (const { version = '' } of etcd) assert.match(version, /^3\.\d+\.\d+$/)
    return etcd.filter(({ isLeader }) => isLeader).map(({ name }) => name)
  }
  for (const name of ['m2', 'm3', 'm1']) {
    const target = { name, address: scene.node(name).address, role: 'master' } as const
    assert.deepEqual(await carryOut(master, { operation: 'move-leader', target }), { id: common.id, outcome: 'done' })
    assert.deepEqual(await leaders(), [name])
    await succeed(master, ['get', 'nodes'])
  }
}

async function podsOn(master: Node, node: string, namespace: string): Promise<string[]> {
  const where = ['-n', namespace, '--field-selector', `spec.nodeName=${node}`]
  const found = await succeed(master, ['get', 'pods', ...where, '-o', 'jsonpath={.items[*].metadata.name}'])
  return found
    .split(' ')
    .filter((name) => name !== '')
    .sort()
}

/** With the annotation of Cantrip. */
async function unschedulable(master: Node, name: string): Promise<string> {
  const path = '{.spec.unschedulable} {.metadata.annotations.cantrip\\.local/cordoned}'
  return (await succeed(master, ['get', 'node', name, '-o', `jsonpath=${path}`])).trim()
}

async function succeed(master: Node, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await kubectl(master, ...args)
  assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}`)
  return stdout
}
