import assert from 'node:assert/strict'
import { VERSION_SETS, type VersionSet } from '../../src/bundle/versions/sets.ts'
import { isFull, seed } from '../run/campaign.ts'
import { bundleDirectory } from '../support/site/artefacts.ts'
import { runHere } from '../support/site/run-here.ts'
import { importBundle, kubectl } from '../support/site/site.ts'
import { exec, execOk } from '../support/testbed/machine.ts'
import { boot } from '../support/testbed/nodes.ts'
import { type AirGap, watchAirGap } from './air-gap.ts'
import { apiGapsDuring } from './api-gaps.ts'
import { podsReachEachOther } from './pod-connectivity.ts'
import { allReady, etcdVotes, type Scene, uninstallAll } from './shape.ts'
import type { Story } from './stages.ts'
import { IMAGE, importImage } from './test-pod.ts'
import { assertVersions, diskUse, planOf, startUpgrade, upgraded as upgradedBy } from './upgrade-commands.ts'
import { cutPowerWhen, killWhen } from './upgrade-faults.ts'

const CLUSTER = 'lift'
/** Steps that change something in each of these upgrades, in their order. */
const STEPS = [
  'prefetch/fetch',
  'etcd-snapshot/save',
  'kubeadm/install-binaries',
  'etcd/install-binaries',
  'exchange/control-plane',
  'cluster-config/upload',
  'containerd/install-binaries',
]
/** While the kubelet is stopped. */
const IN_EXCHANGE = '[ -e /run/cantrip-exchange ]'
/** Everything that Cantrip writes itself is smaller; every executable is larger. */
const EXECUTABLE_BYTES = 1024 * 1024
/** A kubelet that exchanges the manifests itself takes 42 s. On an idle machine it is 5 s; this one may be busy. */
const MOST_GAP_SECONDS = 15

/**
 * The controller upgrades a cluster of one node by two minor versions: by one without a fault, and by the next one with kills of the agent
 * and a power cut. Then it is removed. No packet of the node goes outside the site.
 */
export async function upgraded(scene: Scene, { stage }: Story): Promise<void> {
  const [first, ...path] = VERSION_SETS
  const [second, third] = path
  assert(first && second && third)
  let gap: AirGap | undefined
  const staysInside = async () => {
    assert(gap, 'packets are counted')
    await gap.assertTight()
  }
  await stage(
    `bundles of ${[first, ...path].map(({ kubernetes }) => kubernetes).join(', ')}, and a bare node`,
    async () => {
      await scene.boot('n1')
      gap = await watchAirGap(scene, scene.node('n1'))
      for (const { kubernetes } of [first, ...path])
        await importBundle(scene.site(), await bundleDirectory(runHere, scene.say, kubernetes))
    },
  )
  await stage(`${first.kubernetes} is provisioned: READY, with a pod of a user`, async () => {
    await scene.createCluster(CLUSTER, ['--kubernetes-version', first.kubernetes])
    await scene.addNode('n1', 'master,worker')
    await scene.provision()
    await importImage(scene.node('n1'))
    await startPod(scene)
    await diskUse(scene)
    await staysInside()
  })
  await stage('the plan names both versions, and nothing that prevents it', async () => {
    const { rounds, nodes, findings, problems } = await planOf(scene, third.kubernetes)
    assert.deepEqual([rounds, problems, findings], [[second.kubernetes, third.kubernetes], [], []])
    assert.deepEqual(nodes, [
      { name: 'n1', version: first.kubernetes, role: 'master', wave: 0, isDrained: false, group: null },
    ])
  })
  await stage(`${second.kubernetes}: the API is away for seconds, and the pod runs on`, () =>
    withoutFault(scene, second),
  )
  await stage(`${second.kubernetes}: all pods are Ready, and reach each other`, () => isWhole(scene, second))
  await stage(`${third.kubernetes}: the agent is killed and the power is cut on the way`, () =>
    withFaults(scene, third),
  )
  await stage(`${third.kubernetes}: all pods are Ready, and reach each other`, () => isWhole(scene, third))
  await stage('no packet of the node went outside the site: upgrades, kills and a power cut included', staysInside)
  await stage('no executable was backed up, and the uninstallation restores the host', async () => {
    const find = ['find', '/var/lib/cantrip/backups', '-type', 'f', '-size', `+${EXECUTABLE_BYTES}c`]
    assert.equal((await exec(scene.node('n1'), find)).stdout, '')
    await uninstallAll(scene.nodes())
  })
}

async function withoutFault(scene: Scene, { kubernetes }: VersionSet): Promise<void> {
  const node = scene.node('n1')
  const podBefore = await podIdentity(scene)
  const began = performance.now()
  const gaps = await apiGapsDuring(scene.bed, node.address, async () => {
    await startUpgrade(scene, kubernetes)
    await upgradedBy(scene, kubernetes)
  })
  scene.say(`  upgraded in ${((performance.now() - began) / 1000).toFixed(1)} s`)
  for (const { seconds, misses } of gaps)
    scene.say(`  API away for ${seconds.toFixed(1)} s (${misses} requests failed)`)
  const longest = Math.max(0, ...gaps.map(({ seconds }) => seconds))
  assert(longest > 0 && longest < MOST_GAP_SECONDS, `the API was away for ${longest} s at a time`)
  assert.equal(await podIdentity(scene), podBefore, "a user's pod was restarted")
}

async function withFaults(scene: Scene, { kubernetes }: VersionSet): Promise<void> {
  const node = scene.node('n1')
  await startUpgrade(scene, kubernetes)
  const sampled = isFull ? STEPS : [STEPS[seed % STEPS.length] ?? '']
  for (const step of STEPS) {
    if (sampled.includes(step)) await killWhen(scene, node, { begun: step })
    if (step !== 'exchange/control-plane') continue
    await killWhen(scene, node, { holds: IN_EXCHANGE })
    await cutPowerWhen(scene, node, { holds: IN_EXCHANGE })
    await boot(node, scene.signal)
  }
  await upgradedBy(scene, kubernetes)
}

async function isWhole(scene: Scene, set: VersionSet): Promise<void> {
  const node = scene.node('n1')
  await allReady(node, 1)
  await etcdVotes(node, 1)
  await assertVersions(scene, node, set)
  await podsReachEachOther(node, scene.nodes())
  await diskUse(scene)
}

async function startPod(scene: Scene): Promise<void> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'steady', namespace: 'default' },
    spec: { containers: [{ name: 'busybox', image: IMAGE, imagePullPolicy: 'Never', args: ['sleep', '100000'] }] },
  }
  await execOk(scene.node('n1'), ['kubectl', '--kubeconfig', '/etc/kubernetes/admin.conf', 'apply', '-f', '-'], {
    stdin: JSON.stringify(pod),
  })
  const ready = await kubectl(scene.node('n1'), 'wait', '--for=condition=Ready', 'pod/steady', '--timeout=120s')
  assert.equal(ready.code, 0, ready.stderr)
}

/** Of the process in the pod: changes with each restart. */
async function podIdentity(scene: Scene): Promise<string> {
  const fields = 'jsonpath={.metadata.uid} {.status.containerStatuses[0].containerID}'
  const { code, stdout, stderr } = await kubectl(scene.node('n1'), 'get', 'pod', 'steady', '-o', fields)
  assert.equal(code, 0, stderr)
  return stdout
}
