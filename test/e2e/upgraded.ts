import assert from 'node:assert/strict'
import { VERSION_SETS, type VersionSet } from '../../src/bundle/versions/sets.ts'
import { isFull, seed } from '../run/campaign.ts'
import { bundleDirectory } from '../support/site/artefacts.ts'
import { runHere } from '../support/site/run-here.ts'
import { importBundle, kubectl } from '../support/site/site.ts'
import { exec, execOk } from '../support/testbed/machine.ts'
import { apiGapsDuring } from './api-gaps.ts'
import { carriedOut, instruct } from './own-instruction.ts'
import { podsReachEachOther } from './pod-connectivity.ts'
import { allReady, etcdVotes, type Scene, uninstallAll } from './shape.ts'
import type { Story } from './stages.ts'
import { IMAGE, importImage } from './test-pod.ts'

const CLUSTER = 'lift'
/** Steps that change something in each of these upgrades, in their order. */
const STEPS = [
  'prefetch/fetch',
  'etcd-snapshot/save',
  'kubeadm/install-binaries',
  'exchange/control-plane',
  'cluster-config/upload',
  'containerd/write-configuration',
]
/** While the kubelet is stopped. */
const IN_EXCHANGE = '[ -e /run/cantrip-exchange ]'
/** Everything that Cantrip writes itself is smaller; every executable is larger. */
const EXECUTABLE_BYTES = 1024 * 1024

/** A cluster of one node goes from one minor version to the next, with kills on the way, and is then removed. */
export async function upgraded(scene: Scene, { stage }: Story): Promise<void> {
  const [first, ...others] = VERSION_SETS
  assert(first && others[0])
  const bundles = new Map<VersionSet, string>()
  const bundleOf = (set: VersionSet) => bundles.get(set) ?? ''
  const path = isFull ? others : others.slice(0, 1)
  await stage(
    `bundles of ${[first, ...path].map(({ kubernetes }) => kubernetes).join(', ')}, and a bare node`,
    async () => {
      await scene.boot('n1')
      for (const set of [first, ...path]) {
        bundles.set(set, await bundleDirectory(runHere, scene.say, set.kubernetes))
        await importBundle(scene.site(), bundleOf(set))
      }
    },
  )
  await stage(`${first.kubernetes} is provisioned: READY, with a pod of a user`, async () => {
    await scene.createCluster(CLUSTER, ['--kubernetes-version', first.kubernetes])
    await scene.addNode('n1', 'master,worker')
    await scene.provision()
    await importImage(scene.node('n1'))
    await startPod(scene)
  })
  for (const set of path) {
    await stage(`${set.kubernetes}: the node is upgraded through kills, and the pod runs on`, () =>
      nodeIsUpgraded(scene, set, bundleOf(set)),
    )
    await stage(`${set.kubernetes}: the add-ons follow, and all pods are Ready`, async () => {
      const node = scene.node('n1')
      await carriedOut(node, await instruct(scene.site(), node, 'add-ons', bundleOf(set)))
      await allReady(node, 1)
      await assertVersions(scene, set)
      await podsReachEachOther(node, scene.nodes())
    })
  }
  await stage('no executable was backed up, and the uninstallation restores the host', async () => {
    const find = ['find', '/var/lib/cantrip/backups', '-type', 'f', '-size', `+${EXECUTABLE_BYTES}c`]
    assert.equal((await exec(scene.node('n1'), find)).stdout, '')
    await uninstallAll(scene.nodes())
  })
}

async function nodeIsUpgraded(scene: Scene, set: VersionSet, bundle: string): Promise<void> {
  const node = scene.node('n1')
  const podBefore = await podIdentity(scene)
  const gaps = await apiGapsDuring(scene.bed, node.address, async () => {
    const began = performance.now()
    const started = await instruct(scene.site(), node, 'upgrade', bundle)
    for (const condition of killPoints(started.run)) await killWhen(scene, condition, started)
    await carriedOut(node, started)
    scene.say(`  upgraded in ${((performance.now() - began) / 1000).toFixed(1)} s`)
  })
  for (const { seconds, misses } of gaps)
    scene.say(`  API away for ${seconds.toFixed(1)} s (${misses} requests failed)`)
  assert.equal(await podIdentity(scene), podBefore, "a user's pod was restarted")
  await etcdVotes(node, 1)
  const version = JSON.parse((await kubectl(node, 'version', '-o', 'json')).stdout)
  assert.equal(version.serverVersion.gitVersion, set.kubernetes)
}

/** Conditions of the shell: the first change of a step is in the ledger. One of the steps is sampled, except in a full run. */
function killPoints(run: string): string[] {
  const sampled = isFull ? STEPS : [STEPS[seed % STEPS.length] ?? '']
  const begun = (step: string) => `grep -q '"run":"${run}","step":"${step}"' /var/lib/cantrip/ledger/ledger.jsonl`
  return STEPS.flatMap((step) => [
    ...(sampled.includes(step) ? [begun(step)] : []),
    ...(step === 'exchange/control-plane' ? [IN_EXCHANGE] : []),
  ])
}

/** Kills the agent with its processes as soon as a condition of the shell holds; systemd starts it again. */
async function killWhen(
  scene: Scene,
  condition: string,
  { ended }: Awaited<ReturnType<typeof instruct>>,
): Promise<void> {
  const node = scene.node('n1')
  const kill = 'systemctl kill --kill-whom=all --signal=KILL cantrip-agent.service'
  const wait = `for i in $(seq 20000); do ${condition} && ${kill} && exit 0; sleep 0.01; done; exit 1`
  const { code } = await exec(node, ['sh', '-c', wait], { timeoutMs: 600_000 })
  assert.equal(code, 0, `never: ${condition}`)
  assert.equal(await ended(), false, 'the run ended before it was killed')
  scene.say(`  killed when ${condition}`)
}

async function assertVersions(scene: Scene, set: VersionSet): Promise<void> {
  const node = scene.node('n1')
  const { stdout } = await kubectl(
    node,
    ...['get', 'pods', '-A', '-o', 'jsonpath={range .items[*]}{.spec.containers[*].image}{"\\n"}{end}'],
  )
  scene.say(stdout.trimEnd())
  const expected = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy']
  for (const name of expected) assert.match(stdout, new RegExp(`/${name}:${set.kubernetes}\n`))
  assert.match(stdout, new RegExp(`/coredns:${set.coredns}\n`))
  const kubelet = await kubectl(node, 'get', 'nodes', '-o', 'jsonpath={.items[*].status.nodeInfo.kubeletVersion}')
  assert.equal(kubelet.stdout, set.kubernetes)
  assert.match(await execOk(node, ['etcd', '--version']), new RegExp(`etcd Version: ${set.etcd.slice(1)}`))
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
