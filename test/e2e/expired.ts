import assert from 'node:assert/strict'
import type { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { KUBELET_STATE } from '../../src/base/kubernetes-paths.ts'
import type { ClusterHealth, ClusterView } from '../../src/protocol/api/clusters.ts'
import { OPERATOR_NAMESPACE } from '../../src/protocol/cluster-namespaces.ts'
import { readCertificate } from '../../src/provision/certificates/certificates-of.ts'
import { CERTIFICATE_PLACES } from '../../src/provision/certificates/places.ts'
import {
  authoritiesOn,
  controllerAuthority,
  expireCertificates,
  expireController,
  expired as expiredPem,
} from '../support/certificates/expire.ts'
import { kubectl } from '../support/site/site.ts'
import { exec, execOk, type Node, path } from '../support/testbed/machine.ts'
import { boot, kill } from '../support/testbed/nodes.ts'
import { waitFor } from '../support/wait-for.ts'
import { allReady, etcdVotes, type Scene, uninstallAll } from './shape.ts'
import type { Story } from './stages.ts'

const YEAR_MS = 365 * 86_400_000
/** Kubernetes dates its certificates back by minutes. */
const HOUR_MS = 3_600_000

/** Nodes and a controller that were off until all their certificates had expired come back without a human. */
export async function expired(scene: Scene, { stage }: Story): Promise<void> {
  const isFull = process.env.CANTRIP_FULL === '1'
  const masters = isFull ? ['m1', 'm2', 'm3'] : ['m1']
  await stage(`${masters.length} masters and a worker: READY`, async () => {
    await scene.boot(...masters, 'w1')
    await scene.createCluster('aged', [])
    await scene.stage()
    for (const name of masters) await scene.addNode(name, 'master')
    await scene.addNode('w1', 'worker')
    await scene.provision()
  })
  await stage('the power is cut, and all certificates expire: of etcd, Kubernetes, agents and operator', async () => {
    await expireOperator(scene)
    for (const node of scene.nodes()) await kill(node)
    const authorities = [...authoritiesOn(path(scene.node('m1'))), ...controllerAuthority(dataOf(scene))]
    for (const node of scene.nodes()) {
      const names = expireCertificates(path(node), authorities, new Date())
      scene.say(`${node.name}: ${names.join(', ')}`)
      const expected = { w1: 3, m1: 14 }[node.name] ?? 13
      assert.equal(names.length, expected, `certificates of ${node.name}`)
    }
  })
  const bootedAt = new Date()
  const seconds = () => `${((Date.now() - bootedAt.getTime()) / 1000).toFixed(1)} s after the boot`
  await stage('cold boot without a controller: the masters come back alone', async () => {
    await scene.site().whileDown(async () => {
      expireController(dataOf(scene), new Date())
      for (const name of masters) await boot(scene.node(name), scene.signal)
      for (const name of masters) await apiReady(scene.node(name))
      scene.say(`API ready ${seconds()}`)
      await etcdVotes(scene.node('m1'), masters.length)
      for (const name of masters) allFresh(scene.node(name))
    })
  })
  await stage('the worker comes back when the controller and a master are there', async () => {
    await boot(scene.node('w1'), scene.signal)
    await allReady(scene.node('m1'), masters.length + 1, bootedAt)
    scene.say(`all Ready ${seconds()}`)
    allFresh(scene.node('w1'))
  })
  await stage('all agents are connected, and the operator reports', async () => {
    const isBack = async () => {
      const { nodes, health } = await scene
        .site()
        .json<ClusterView & { health: ClusterHealth }>('cluster', 'show', scene.cluster)
      const isReported = Date.parse(health.reportedAt ?? '') > bootedAt.getTime()
      return (isReported && nodes.every(({ connected }) => connected)) || undefined
    }
    await waitFor('agents and operator', isBack, { withinMs: 300_000, everyMs: 1_000 })
    scene.say(`the operator reports ${seconds()}`)
    await scene.awaitReady()
    scene.say(`READY ${seconds()}`)
  })
  await stage('etcd, API server and kubelets present new certificates', async () => {
    await servesFresh(scene.node('m1'))
    for (const node of scene.nodes()) {
      const isFresh = async () => {
        const from = (await presented(node, '10250'))?.validFromDate.getTime() ?? 0
        return from > bootedAt.getTime() - HOUR_MS || undefined
      }
      await waitFor(`the serving certificate of the kubelet on ${node.name}`, isFresh, { withinMs: 60_000 })
    }
  })
  await stage('all are uninstalled', () => uninstallAll(scene.nodes()))
}

const dataOf = (scene: Scene) => join(scene.site().directory, 'data')

/** The operator has its certificate in a secret. */
async function expireOperator(scene: Scene): Promise<void> {
  const secret = ['-n', OPERATOR_NAMESPACE, 'secret', 'operator'] as const
  const { code, stdout, stderr } = await kubectl(scene.node('m1'), 'get', ...secret, '-o', 'jsonpath={.data.tls\\.crt}')
  assert.equal(code, 0, stderr)
  const pem = expiredPem(Buffer.from(stdout, 'base64').toString(), controllerAuthority(dataOf(scene)), new Date())
  const data = { 'tls.crt': Buffer.from(pem).toString('base64') }
  const patched = await kubectl(scene.node('m1'), 'patch', ...secret, '-p', JSON.stringify({ data }))
  assert.equal(patched.code, 0, patched.stderr)
}

async function apiReady(master: Node): Promise<void> {
  await waitFor(
    `the API of ${master.name}`,
    async () => (await kubectl(master, 'get', '--raw', '/readyz').catch(() => undefined))?.code === 0,
    { withinMs: 240_000, everyMs: 200 },
  )
}

/** Every certificate that the node renews has most of its life before it. */
function allFresh(node: Node): void {
  for (const place of CERTIFICATE_PLACES) {
    // The controller signs the operator's, for less than a year.
    if (place.renewedBy === 'nobody' || place.owner === 'operator') continue
    const file = place.path.startsWith(`${KUBELET_STATE}/`) ? undefined : join(path(node), place.path)
    const certificate = file === undefined ? undefined : readCertificate(textOf(file))
    if (certificate) assert(leftMs(certificate) > YEAR_MS * 0.9, `${place.name} of ${node.name}`)
  }
}

const leftMs = ({ validToDate }: X509Certificate) => validToDate.getTime() - Date.now()

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

async function presented(node: Node, port: string): Promise<X509Certificate | undefined> {
  const argv = ['openssl', 's_client', '-connect', `${node.address}:${port}`, '-showcerts']
  return readCertificate((await exec(node, argv, { stdin: '' })).stdout)
}

async function servesFresh(master: Node): Promise<void> {
  for (const port of ['6443', '2379', '2380']) {
    const certificate = await presented(master, port)
    assert(certificate && leftMs(certificate) > YEAR_MS * 0.9, `port ${port}`)
  }
  await execOk(master, ['systemctl', 'is-active', 'etcd.service', 'kubelet.service'])
}
