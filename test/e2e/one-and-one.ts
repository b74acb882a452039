import assert from 'node:assert/strict'
import type { ClusterView } from '../../src/protocol/api/clusters.ts'
import type { NodeDetail } from '../../src/protocol/api/nodes.ts'
import { kubectl } from '../support/site/site.ts'
import { exec, execOk } from '../support/testbed/machine.ts'
import { watchProcesses } from '../support/testbed/watch-processes.ts'
import { waitFor } from '../support/wait-for.ts'
import { type AirGap, watchAirGap } from './air-gap.ts'
import { type ClosedSite, openClosedSite, PROXY_PORT } from './closed-site.ts'
import { countDelivery } from './delivery.ts'
import { workerIsDrained } from './drains.ts'
import { handedOn, imageComesFromPeer, laterWorkerGetsItFromReadyNodes } from './handed-on.ts'
import { imagesComeBack, imagesSurvivePressure } from './images-stay.ts'
import { kubeconfigExpires, peopleHaveAccess } from './kubeconfigs.ts'
import { ownImagesGo, ownImagesRun } from './own-images.ts'
import { podsReachEachOther } from './pod-connectivity.ts'
import { noSecretAnywhere } from './secrets.ts'
import { foreignNamesAreRefused, kubeletsAreVerified } from './serving-certificates.ts'
import { configure, isReady, kubernetesNodes, type Scene, uninstallAll } from './shape.ts'
import type { Story } from './stages.ts'

const LEDGER = '/var/lib/cantrip/ledger/ledger.jsonl'
const TAINT = 'node-role.kubernetes.io/control-plane'

/**
 * A dedicated master and a worker, and a worker that joins later. Images of docker.io come from a mirror, through a proxy that ends
 * TLS. The credentials carry the proxy and who may use both, so workers reach the controller through it too. No packet of a node
 * goes anywhere else.
 */
export async function oneAndOne(scene: Scene, story: Story): Promise<void> {
  let closed: ClosedSite | undefined
  let gap: AirGap | undefined
  await story.stage('two bare nodes, and a cluster with a dedicated master, a mirror and a proxy', async () => {
    await scene.boot('m1', 'w1')
    gap = await watchAirGap(scene, scene.node('m1'), [PROXY_PORT])
    closed = await openClosedSite(scene)
    await scene.createCluster('pair', ['--dedicated-masters', '--label', 'site=north', ...closed.flags])
  })
  if (!closed || !gap) return
  try {
    await inClosedSite(scene, story, closed, gap)
  } finally {
    await closed.stop()
  }
}

async function inClosedSite(scene: Scene, { stage }: Story, closed: ClosedSite, gap: AirGap): Promise<void> {
  const watch = watchProcesses()
  await stage('master and worker are installed and configured, the worker behind the proxy', async () => {
    await scene.addNodeWith({ options: ['--proxy', 'none'] }, 'm1', 'master')
    await scene.addNode('w1', 'worker')
    const facts = async (name: string) => {
      const { facts } = await scene.site().json<NodeDetail>('node', 'show', name)
      return [facts?.proxy?.inspects, facts?.registryLogins?.length]
    }
    assert.deepEqual(
      [await facts('m1'), await facts('w1')],
      [
        [undefined, 2],
        [true, 2],
      ],
    )
  })
  let readyAt = new Date()
  const delivery = await countDelivery(scene)
  await stage('provision: READY', async () => {
    await scene.provision()
    readyAt = new Date()
  })
  await stage('until READY no packet of a node went outside the site', gap.assertTight)
  await stage('what came over the network and what is on the disks is within the goals', delivery)
  await stage('the API server verifies the kubelets', () => kubeletsAreVerified(scene, 'pair', readyAt))
  await stage('a kubelet gets no certificate for the names of another node', () => foreignNamesAreRefused(scene, 'w1'))
  await stage('taint on the master, none on the worker, labels on both', () => pairIsRight(scene))
  await stage('pods on both nodes reach each other and a service', () =>
    podsReachEachOther(scene.node('m1'), scene.nodes()),
  )
  await stage('an image of docker.io comes from the mirror through the proxy', () => closed.imagesCome('m1', 'w1'))
  await stage('images that a person adds are on both nodes, and their pods run', () => ownImagesRun(scene, 'm1', 'w1'))
  await stage('a drain names the pod and the budget that hold it, goes on as it is told, and is undone', () =>
    workerIsDrained(scene, 'w1'),
  )
  let short: Awaited<ReturnType<typeof peopleHaveAccess>> | undefined
  await stage('kubectl works with the kubeconfig of a person, as its role permits, until it is revoked', async () => {
    short = await peopleHaveAccess(scene)
  })
  await stage('an image that was removed comes back, and its pod runs', () => imagesComeBack(scene))
  await stage('under disk pressure the kubelet removes other images, and the cluster names the pressure', () =>
    imagesSurvivePressure(scene),
  )
  await stage('no secret in any argument, environment, journal, log, support bundle or database', () =>
    noSecretAnywhere(scene, scene.node('m1'), watch),
  )
  await stage('the cluster is DEGRADED when parts are missing, and provision repairs it', () =>
    degradedThenRepaired(scene),
  )
  await stage('provision of a healthy cluster changes nothing', () => repairChangesNothing(scene))
  await stage('another worker joins while an unrelated pod in kube-system cannot start', async () => {
    const theirs = ['create', 'deployment', 'metrics-server', '--image=registry.invalid/none']
    await kubectl(scene.node('m1'), '-n', 'kube-system', ...theirs)
    await scene.boot('w2')
    await scene.addNode('w2', 'worker')
    await scene.provision()
    assert(isReady((await kubernetesNodes(scene.node('m1'))).get('w2')), 'w2 is Ready')
  })
  await stage('the added images are on that worker too, and go from all nodes when they are removed', () =>
    ownImagesGo(scene, 'w2', 'w1'),
  )
  // Kubernetes signs for at least 10 minutes.
  if (process.env.CANTRIP_FULL === '1') {
    await stage('a kubeconfig of 10 minutes is refused when it has expired', async () => {
      assert(short)
      await kubeconfigExpires(scene, short)
    })
  }
  await stage(
    'cluster reset: the cluster record stays, and two of the nodes, which hand on the bundle, are provisioned again: READY',
    () => resetAndAgain(scene),
  )
  await stage('a worker that joins the READY cluster gets the bundle from its nodes', async () => {
    await configure(scene.site(), 'w2', 'worker')
    await scene.provision()
    await laterWorkerGetsItFromReadyNodes(scene, 'w2')
    assert(isReady((await kubernetesNodes(scene.node('m1'))).get('w2')), 'w2 is Ready')
  })
  await stage('an image that was removed comes back from another node, while the controller does not have it', () =>
    imageComesFromPeer(scene),
  )
  await stage('until the end no packet of a node went outside the site', gap.assertTight)
  await stage('all are uninstalled', () => uninstallAll(scene.nodes()))
}

/** CoreDNS is scaled to zero, which the controller reports, and a kubelet is stopped. Provision repairs both. */
async function degradedThenRepaired(scene: Scene): Promise<void> {
  const [m1, w1] = [scene.node('m1'), scene.node('w1')]
  await kubectl(m1, '-n', 'kube-system', 'scale', 'deployment/coredns', '--replicas=0')
  const { problems } = await awaitDegraded(scene)
  assert.match(problems.map(({ message }) => message).join('\n'), /the cluster's DNS does not answer/)
  const watch = ['cluster', 'watch', scene.cluster, '--until', 'READY', '--timeout', '1']
  const { code, stderr } = await scene.site().cli(watch)
  assert.deepEqual([code, /is DEGRADED: .*; wanted READY/.test(stderr)], [4, true], stderr)
  await execOk(w1, ['systemctl', 'stop', 'kubelet.service'])
  await scene.provision()
  assert.equal((await execOk(w1, ['systemctl', 'is-active', 'kubelet.service'])).trim(), 'active')
}

function awaitDegraded(scene: Scene): Promise<ClusterView> {
  return waitFor(
    'the cluster DEGRADED',
    async () => {
      const { stdout } = await scene.site().cli(['cluster', 'show', scene.cluster, '-o', 'json'])
      const found = JSON.parse(stdout) as ClusterView
      return found.state === 'DEGRADED' ? found : undefined
    },
    { withinMs: 150_000 },
  )
}

/** Each node checks all of its steps, and its ledger gets no further change. */
async function repairChangesNothing(scene: Scene): Promise<void> {
  const changes = async () => {
    const ledgers = await Promise.all(scene.nodes().map((node) => execOk(node, ['cat', LEDGER])))
    return ledgers.map((text) => text.split('\n').filter((line) => line.includes('"kind":"change"')).length)
  }
  const before = await changes()
  const startedMs = performance.now()
  await scene.provision()
  scene.say(`provision of a healthy cluster took ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
  assert.deepEqual(await changes(), before)
}

async function resetAndAgain(scene: Scene): Promise<void> {
  const site = scene.site()
  await site.admin('cluster', 'reset', scene.cluster, '--yes')
  await site.admin('cluster', 'watch', scene.cluster, '--until', 'NEW', '--timeout', '180')
  for (const node of scene.nodes()) {
    const left = await exec(node, ['ls', '/etc/kubernetes', '/var/lib/etcd', '/usr/local/bin/kubelet'])
    assert.equal(left.stdout, '', `files of Kubernetes left on ${node.name}`)
  }
  await site.admin('cluster', 'set', scene.cluster, 'peerUploads=unlimited')
  await configure(site, 'm1', 'master')
  await configure(site, 'w1', 'worker')
  await scene.provision()
  for (const name of ['m1', 'w1']) await handedOn(scene, name)
  assert.deepEqual([...(await kubernetesNodes(scene.node('m1'))).keys()].sort(), ['m1', 'w1'])
}

async function pairIsRight({ node, say }: Scene): Promise<void> {
  const found = await kubernetesNodes(node('m1'))
  const [master, worker] = [found.get('m1'), found.get('w1')]
  assert(isReady(master) && isReady(worker), 'both are Ready')
  const taints = master?.spec.taints?.map(({ key, effect }) => `${key}:${effect}`)
  assert.deepEqual(taints, [`${TAINT}:NoSchedule`])
  assert.deepEqual(worker?.spec.taints ?? [], [])
  const excluded = 'node.kubernetes.io/exclude-from-external-load-balancers'
  assert.deepEqual(
    [master, worker].map((each) => each?.metadata.labels[excluded]),
    ['', undefined],
  )
  for (const each of [master, worker]) assert.equal(each?.metadata.labels.site, 'north')
  say((await kubectl(node('m1'), 'get', 'nodes,pods', '-A', '-o', 'wide')).stdout.trimEnd())
}
