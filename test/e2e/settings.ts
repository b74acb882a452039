import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CONTAINERD } from '../../src/base/kubernetes-paths.ts'
import { isFull } from '../run/campaign.ts'
import { kubectl } from '../support/site/site.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { testbedOverrides } from '../support/testbed/testbed.ts'
import { waitFor } from '../support/wait-for.ts'
import { answersDuring } from './answers.ts'
import { apiGapsDuring } from './api-gaps.ts'
import { allReady, type Scene, uninstallAll } from './shape.ts'
import type { Story } from './stages.ts'
import { ADMIN, IMAGE, importImage } from './test-pod.ts'

const CLUSTER = 'tuned'
const PROXY = 'http://proxy.settings.test:3128'
const MIRROR = 'https://mirror.settings.test'
const NAME = 'api.settings.test'
const ARGUMENT = 'event-ttl'
const HOSTS = '/etc/containerd/certs.d/docker.io/hosts.toml'
/** A kubelet that exchanges the manifests itself takes 42 s. On an idle machine it is 5 s; this one may be busy. */
const MOST_GAP_SECONDS = 15

/** Settings of a running cluster change, while the pods of users run on. One master and a worker; with `--full` three masters. */
export async function settings(scene: Scene, { stage }: Story): Promise<void> {
  const masters = isFull ? ['m1', 'm2', 'm3'] : ['m1']
  const all = [...masters, 'w1']
  const set = (...given: string[]) => scene.site().admin('cluster', 'set', CLUSTER, ...given, '--yes')
  const nodes = () => all.map(scene.node)
  const standard = testbedOverrides()
  let before = ''
  await stage(`${masters.join(', ')} and w1: READY, with a pod of a user on each node`, async () => {
    await scene.boot(...all)
    await scene.createCluster(CLUSTER, ['--label', 'site=north'])
    for (const name of masters) await scene.addNode(name, 'master,worker')
    await scene.addNode('w1', 'worker')
    await scene.provision()
    assert.equal(await nodesLabeled(scene, 'site=north'), all.length)
    for (const node of nodes()) await startPod(scene, node)
    before = await userContainers(scene)
  })
  await stage('what cannot change is refused with its reason, and the plan says what restarts where', async () => {
    const { code, stderr } = await scene.site().cli(['cluster', 'set', CLUSTER, 'cni=calico', '--yes'])
    assert.equal(code, 7, stderr)
    assert.match(stderr, /cannot change while it has nodes: pods of two different networks/)
    const plan = await scene.site().admin('cluster', 'plan', CLUSTER, `httpProxy=${PROXY}`, `certSANs=${NAME}`)
    scene.say(plan.trimEnd())
    assert.match(plan, /m1 +master +masters, one by one +kubelet, containerd\n/)
    assert.match(plan, /w1 +worker +wave 1 +containerd\n/)
  })
  await stage('proxy, mirror, kubelet and a certificate name change: the API answers, containers run on', async () => {
    const file = await write(scene, 'kubelet.yaml', `${standard.kubelet}maxPods: 55\n`)
    await withProbe(scene, async () => {
      const given = [`httpProxy=${PROXY}`, `certSANs=${NAME}`, `registryMirrors.docker.io=${MIRROR}`]
      scene.say((await set(...given, `overrides.kubelet=@${file}`)).trimEnd())
      await scene.awaitReady()
    })
    for (const node of nodes()) await isTuned(scene, node)
    for (const name of masters) assert.match(await namesServed(scene.node(name)), new RegExp(`DNS:${NAME}\\b`))
    assert.equal(await userContainers(scene), before, 'containers were restarted')
    const shown = await scene.site().admin('cluster', 'show', CLUSTER)
    scene.say(shown.trimEnd())
    assert.match(shown, new RegExp(`Change: +.*httpProxy.*: done, ${all.length} of ${all.length} nodes`))
  })
  await stage('a label is set and removed, and kube-proxy gets another configuration', async () => {
    const former = await proxyPods(scene)
    const file = await write(scene, 'kube-proxy.yaml', `${standard['kube-proxy']}iptables: {minSyncPeriod: 2s}\n`)
    await set('labels.rack=7', `overrides.kube-proxy=@${file}`)
    await scene.awaitReady()
    assert.equal(await nodesLabeled(scene, 'rack=7,site=north'), all.length)
    const stored = await kubectl(scene.node('m1'), '-n', 'kube-system', 'get', 'configmap', 'kube-proxy', '-o', 'yaml')
    assert.match(stored.stdout, /minSyncPeriod: 2s/)
    const isReplaced = async () => {
      const present = await proxyPods(scene)
      return present.length === all.length && !present.some((name) => former.includes(name))
    }
    // The run waits for the pod of its own node only.
    await waitFor('the pods of kube-proxy to be replaced', isReplaced, { withinMs: 120_000, everyMs: 1_000 })
    await set('labels.rack-')
    await scene.awaitReady()
    assert.deepEqual([await nodesLabeled(scene, 'rack'), await nodesLabeled(scene, 'site=north')], [0, all.length])
    assert.equal(await userContainers(scene), before, 'containers were restarted')
  })
  await stage('an argument of the API server changes: its masters exchange their manifests', async () => {
    const document = 'kind: ClusterConfiguration\napiVersion: kubeadm.k8s.io/v1beta4\n'
    const argument = `apiServer: {extraArgs: [{name: ${ARGUMENT}, value: 2h0m0s}]}\n`
    const file = await write(scene, 'kubeadm.yaml', `${standard.kubeadm}---\n${document}${argument}`)
    scene.say((await scene.site().admin('cluster', 'plan', CLUSTER, `overrides.kubeadm=@${file}`)).trimEnd())
    await withProbe(scene, async () => {
      await set(`overrides.kubeadm=@${file}`)
      await scene.awaitReady()
    })
    for (const name of masters) assert.match(await apiServerArguments(scene, name), new RegExp(`${ARGUMENT}=2h0m0s`))
    assert.equal(await userContainers(scene), before, 'containers were restarted')
  })
  await stage('without the settings the nodes are as before', async () => {
    const file = await write(scene, 'kubelet.yaml', standard.kubelet)
    const kubeadm = await write(scene, 'kubeadm.yaml', standard.kubeadm)
    await withProbe(scene, async () => {
      await set(
        'httpProxy-',
        'certSANs-',
        'registryMirrors-',
        `overrides.kubelet=@${file}`,
        `overrides.kubeadm=@${kubeadm}`,
      )
      await scene.awaitReady()
    })
    for (const node of nodes()) {
      assert.doesNotMatch(await containerdEnvironment(node), /HTTP_PROXY/)
      assert.notEqual((await exec(node, ['test', '-e', HOSTS])).code, 0, HOSTS)
      await hasMaxPods(scene, node, 110)
    }
    for (const name of masters) {
      assert.doesNotMatch(await namesServed(scene.node(name)), new RegExp(NAME))
      assert.doesNotMatch(await apiServerArguments(scene, name), new RegExp(ARGUMENT))
    }
    assert.equal(await userContainers(scene), before, 'containers were restarted')
    await allReady(scene.node('m1'), all.length)
  })
  await stage('all are uninstalled', () => uninstallAll(scene.nodes()))
}

async function write(scene: Scene, name: string, text: string): Promise<string> {
  const file = join(scene.site().directory, name)
  await writeFile(file, text)
  return file
}

/** A pod of a user that runs on. */
async function startPod(scene: Scene, node: Node): Promise<void> {
  await importImage(node)
  const name = `steady-${node.name}`
  const container = { name: 'busybox', image: IMAGE, imagePullPolicy: 'Never', args: ['sleep', '100000'] }
  const spec = { nodeName: node.name, containers: [container] }
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec }
  const master = scene.node('m1')
  await execOk(master, ['kubectl', ...ADMIN, 'apply', '-f', '-'], { stdin: JSON.stringify(pod) })
  const { code, stderr } = await kubectl(master, 'wait', '--for=condition=Ready', `pod/${name}`, '--timeout=120s')
  assert.equal(code, 0, stderr)
}

/** One master: how long its API is away. Three: no request at the endpoint fails. */
async function withProbe(scene: Scene, work: () => Promise<void>): Promise<void> {
  if (isFull) {
    // Not /readyz: a master that leaves says that it is not ready, and answers all else.
    const endpoint = `https://api.${CLUSTER}.cantrip.internal:6443/version`
    const ask = ['--fail', '--cacert', '/etc/kubernetes/pki/ca.crt', endpoint]
    const { asked, failed } = await answersDuring(scene.node('w1'), ask, work)
    scene.say(`  endpoint: ${failed.length} of ${asked} requests failed`)
    assert.deepEqual(failed, [])
    assert(asked > 100, 'the probe ran')
    return
  }
  const gaps = await apiGapsDuring(scene.bed, scene.node('m1').address, work)
  for (const { seconds, misses } of gaps)
    scene.say(`  API away for ${seconds.toFixed(1)} s (${misses} requests failed)`)
  assert(
    gaps.every(({ seconds }) => seconds <= MOST_GAP_SECONDS),
    'the API was away for too long',
  )
}

async function isTuned(scene: Scene, node: Node): Promise<void> {
  assert.match(await containerdEnvironment(node), new RegExp(`HTTP_PROXY=${PROXY}`))
  assert.match(await execOk(node, ['cat', HOSTS]), new RegExp(MIRROR))
  await hasMaxPods(scene, node, 55)
}

/** Of the process that runs. */
async function containerdEnvironment(node: Node): Promise<string> {
  const show = ['systemctl', 'show', CONTAINERD.unit, '--property=MainPID', '--value']
  const pid = (await execOk(node, show)).trim()
  return (await execOk(node, ['cat', `/proc/${pid}/environ`])).replaceAll('\0', '\n')
}

/** The kubelet that runs reports it soon after its start. */
async function hasMaxPods(scene: Scene, { name }: Node, wanted: number): Promise<void> {
  const get = ['get', 'node', name, '-o', 'jsonpath={.status.capacity.pods}'] as const
  const isIt = async () => Number((await kubectl(scene.node('m1'), ...get)).stdout) === wanted
  await waitFor(`${name} to take ${wanted} pods`, isIt, { withinMs: 60_000, everyMs: 1_000 })
}

async function namesServed({ address, ...node }: Node): Promise<string> {
  const connect = `openssl s_client -connect ${address}:6443 </dev/null 2>/dev/null | openssl x509 -noout -ext subjectAltName`
  return execOk({ address, ...node }, ['sh', '-c', connect])
}

/** Of its pod, as the kubelet of the node reports it. */
async function apiServerArguments(scene: Scene, name: string): Promise<string> {
  const pod = ['-n', 'kube-system', 'get', 'pod', `kube-apiserver-${name}`] as const
  const { code, stdout, stderr } = await kubectl(
    scene.node(name),
    ...pod,
    '-o',
    'jsonpath={.spec.containers[0].command}',
  )
  assert.equal(code, 0, stderr)
  return stdout
}

/** The containers of all pods of users: NODE POD ID, one a line. */
async function userContainers(scene: Scene): Promise<string> {
  const columns =
    '{range .items[*]}{.spec.nodeName} {.metadata.name} {.status.containerStatuses[*].containerID}{"\\n"}{end}'
  const { stdout } = await kubectl(scene.node('m1'), 'get', 'pods', '-n', 'default', '-o', `jsonpath=${columns}`)
  assert.match(stdout, /containerd:\/\//)
  return stdout
}

async function nodesLabeled(scene: Scene, selector: string): Promise<number> {
  const { code, stdout, stderr } = await kubectl(scene.node('m1'), 'get', 'nodes', '-l', selector, '-o', 'name')
  assert.equal(code, 0, stderr)
  return stdout.split('\n').filter((line) => line !== '').length
}

async function proxyPods(scene: Scene): Promise<string[]> {
  const get = ['-n', 'kube-system', 'get', 'pods', '-l', 'k8s-app=kube-proxy', '-o', 'name']
  const { stdout } = await kubectl(scene.node('m1'), ...get)
  return stdout.trim().split('\n')
}
