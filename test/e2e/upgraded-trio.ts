import assert from 'node:assert/strict'
import { VERSION_SETS } from '../../src/bundle/versions/sets.ts'
import { bundleDirectory } from '../support/site/artefacts.ts'
import { runHere } from '../support/site/run-here.ts'
import { importBundle, kubectl } from '../support/site/site.ts'
import { execOk, type Node } from '../support/testbed/machine.ts'
import { type Answers, answersDuring } from './answers.ts'
import { allReady, etcdVotes, type Scene, uninstallAll } from './shape.ts'
import type { Story } from './stages.ts'
import { ADMIN, IMAGE, importImage } from './test-pod.ts'
import { assertEtcdStoppedSoon, assertVersions, diskUse, planOf, startUpgrade, upgraded } from './upgrade-commands.ts'

const CLUSTER = 'fleet'
const MASTERS = ['m1', 'm2', 'm3']
const LABELS = { app: 'web' }
const PORT = 8080

/** Two pods of which one may be away. A pod that is deleted serves until the nodes know that it goes. */
const OBJECTS = [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 2,
      selector: { matchLabels: LABELS },
      template: {
        metadata: { labels: LABELS },
        spec: {
          terminationGracePeriodSeconds: 20,
          containers: [
            {
              ...{ name: 'busybox', image: IMAGE, imagePullPolicy: 'Never' },
              args: ['httpd', '-f', '-p', String(PORT), '-h', '/bin'],
              lifecycle: { preStop: { exec: { command: ['/bin/busybox', 'sleep', '10'] } } },
              readinessProbe: { tcpSocket: { port: PORT }, periodSeconds: 2 },
            },
          ],
        },
      },
    },
  },
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web', namespace: 'default' },
    spec: { minAvailable: 1, selector: { matchLabels: LABELS } },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: LABELS, ports: [{ port: 80, targetPort: PORT }] },
  },
]

/** Three masters that run workloads, and a worker, are upgraded by one minor version, while the API and a service answer. */
export async function upgradedTrio(scene: Scene, { stage }: Story): Promise<void> {
  const [from, to] = VERSION_SETS.slice(-2)
  assert(from && to)
  const failed: string[] = []
  await stage(`three masters and a worker of ${from.kubernetes}: READY, with pods of a user`, async () => {
    await scene.boot(...MASTERS, 'w1')
    for (const { kubernetes } of [from, to])
      await importBundle(scene.site(), await bundleDirectory(runHere, scene.say, kubernetes))
    await scene.createCluster(CLUSTER, ['--kubernetes-version', from.kubernetes])
    for (const name of MASTERS) await scene.addNode(name, 'master,worker')
    await scene.addNode('w1', 'worker')
    await scene.provision()
    for (const node of scene.nodes()) await importImage(node)
    await startService(scene.node('m1'))
    await diskUse(scene)
  })
  await stage('the plan has the masters first, and drains all nodes', async () => {
    const { nodes } = await planOf(scene, to.kubernetes)
    assert.deepEqual(
      nodes.map(({ name, wave, isDrained }) => [name, wave, isDrained]),
      [...MASTERS.map((name) => [name, 0, true]), ['w1', 1, true]],
    )
  })
  await stage(`${to.kubernetes}: the API and the service are asked all the time`, async () => {
    const leader = await leaderOf(scene)
    const [api, service] = await answersMeanwhile(scene, async () => {
      const began = performance.now()
      await startUpgrade(scene, to.kubernetes)
      await upgraded(scene, to.kubernetes)
      scene.say(`  upgraded in ${((performance.now() - began) / 1000).toFixed(1)} s`)
    })
    for (const [what, { asked, failed }] of [
      ['API', api],
      ['service', service],
    ] as const)
      scene.say(
        `  ${what}: ${failed.length} of ${asked} requests failed${failed.map((each) => `\n    ${each}`).join('')}`,
      )
    const order = await orderOfKubelets(scene)
    scene.say(`  etcd was led by ${leader}; order: ${order.join(', ')}`)
    assert.deepEqual([order[2], order[3]], [leader, 'w1'])
    for (const name of MASTERS) await assertEtcdStoppedSoon(scene, scene.node(name))
    failed.push(...api.failed, ...service.failed)
  })
  await stage('all pods are Ready, and no node is cordoned', async () => {
    await allReady(scene.node('m1'), 4)
    await etcdVotes(scene.node('m1'), 3)
    for (const name of MASTERS) await assertVersions(scene, scene.node(name), to)
    const cordoned = await kubectl(scene.node('m1'), 'get', 'nodes', '-o', 'jsonpath={.items[*].spec.unschedulable}')
    assert.equal(cordoned.stdout, '')
    await diskUse(scene)
  })
  await stage('the uninstallation restores all hosts', () => uninstallAll(scene.nodes()))
  // Last, so that the other stages are reached on a busy machine too.
  await stage('no request failed during the upgrade', async () => assert.deepEqual(failed, []))
}

async function startService(master: Node): Promise<void> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: OBJECTS })
  await execOk(master, ['kubectl', ...ADMIN, 'apply', '-f', '-'], { stdin: list })
  const available = ['wait', '--for=condition=Available', 'deployment/web', '--timeout=120s']
  const { code, stderr } = await kubectl(master, ...available)
  assert.equal(code, 0, stderr)
}

/** Asked from the worker: the API at its endpoint, and the service at its cluster IP. */
async function answersMeanwhile(scene: Scene, work: () => Promise<void>): Promise<[Answers, Answers]> {
  const { stdout } = await kubectl(scene.node('m1'), 'get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}')
  // Not /readyz: a master that leaves says that it is not ready, and answers all else.
  const endpoint = `https://api.${CLUSTER}.cantrip.internal:6443/version`
  const worker = scene.node('w1')
  let service: Answers | undefined
  const api = await answersDuring(worker, ['--fail', '--cacert', '/etc/kubernetes/pki/ca.crt', endpoint], async () => {
    service = await answersDuring(worker, [`http://${stdout.trim()}/`], work)
  })
  assert(service && api.asked > 100 && service.asked > 100, 'the probes ran')
  return [api, service]
}

async function leaderOf(scene: Scene): Promise<string | undefined> {
  const pki = '/etc/etcd/pki'
  const tls = ['--cacert', `${pki}/ca.crt`, '--cert', `${pki}/server.crt`, '--key', `${pki}/server.key`]
  for (const name of MASTERS) {
    const status = ['etcdctl', '--endpoints=https://127.0.0.1:2379', ...tls, 'endpoint', 'status', '-w', 'json']
    const [{ Status }] = JSON.parse(await execOk(scene.node(name), status))
    if (Status.leader === Status.header.member_id) return name
  }
  return undefined
}

/** The nodes by the last start of their kubelets. They share a clock. */
async function orderOfKubelets(scene: Scene): Promise<string[]> {
  const show = ['systemctl', 'show', 'kubelet', '--property=ActiveEnterTimestampMonotonic', '--value']
  const started = await Promise.all(
    scene.nodes().map(async (node) => ({ name: node.name, at: Number(await execOk(node, show)) })),
  )
  return started.sort((a, b) => a.at - b.at).map(({ name }) => name)
}
