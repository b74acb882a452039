/**
 * Ratio: a master of a cluster of one node to the next minor version ÷ the same with `kubeadm upgrade` by hand, on the same kind of node. For
 * both, the files of the bundle are on the node. The time of Cantrip is that of the run: it imports the images, saves etcd, and exchanges the
 * control plane, containerd and etcd. The time of kubeadm is that of importing the images, `kubeadm upgrade apply`, and the new kubelet,
 * until the node is Ready; etcd, which kubeadm does not manage here, and containerd stay as they are.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CONTAINERD } from '../../src/base/kubernetes-paths.ts'
import { STANDARD } from '../../src/base/layout.ts'
import { BundleManifest, MANIFEST_NAME } from '../../src/bundle/format.ts'
import { VERSION_SETS } from '../../src/bundle/versions/sets.ts'
import { ADMIN, CTR } from '../e2e/test-pod.ts'
import { bundleDirectory } from '../support/site/artefacts.ts'
import { runHere } from '../support/site/run-here.ts'
import { copyAgent, createCluster, importBundle, nodeRow, openSite, type Site } from '../support/site/site.ts'
import { stageBundle } from '../support/site/stage-bundle.ts'
import { bedNamed } from '../support/testbed/bed.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { copyIn, down, downAll, up } from '../support/testbed/nodes.ts'
import { testbedOverrides } from '../support/testbed/overrides.ts'
import { waitFor } from '../support/wait-for.ts'
import { median, report } from './measure.ts'

const PAIRS = Number(process.env.CANTRIP_BENCH_PAIRS ?? 1)
const LONG = { timeoutMs: 900_000 }
const [first, second] = VERSION_SETS
if (!first || !second) throw new Error('there are no two versions')
const TO = second.kubernetes
const bed = bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-bench`)
await downAll(bed)
const say = (line: string) => console.log(line)
const bundles = [await bundleDirectory(runHere, say, first.kubernetes), await bundleDirectory(runHere, say, TO)]

/** A cluster of the first version on a bare node, with the files of the second one on it. */
async function withCluster(name: string, measure: (node: Node, site: Site) => Promise<number>): Promise<number> {
  const node = await up({ name: 'one', bed })
  let site: Site | undefined
  try {
    site = await openSite(bed)
    for (const bundle of bundles) await importBundle(site, bundle)
    const flags = ['--auto-approve', '--kubernetes-version', first?.kubernetes ?? '']
    const credentials = await createCluster(site, { name, overrides: testbedOverrides(), flags })
    await execOk(node, await copyAgent(node, credentials, name), LONG)
    await site.admin('node', 'configure', (await nodeRow(site, 'one'))?.id ?? '', '--role', 'master,worker')
    await site.admin('cluster', 'provision', name)
    await site.cli(['cluster', 'watch', name, '--until', 'READY', '--timeout', '600'], LONG)
    await stageBundle(bundles[1] ?? '', node, 'copied')
    const seconds = await measure(node, site)
    console.log(`  ${name} ${seconds.toFixed(1).padStart(6)} s`)
    return seconds
  } finally {
    await site?.close()
    await down(node)
  }
}

/** From the time at which the node has the instruction until the end of its run. */
async function cantrip(node: Node, site: Site): Promise<number> {
  const file = '/var/lib/cantrip/instruction.json'
  const loop = `while [ ! -e ${file} ]; do sleep 0.05; done; date +%s.%N; while [ -e ${file} ]; do sleep 0.05; done; date +%s.%N`
  const run = execOk(node, ['sh', '-c', loop], LONG)
  const began = performance.now()
  await site.admin('cluster', 'upgrade', 'cantrip', '--to', TO, '--yes')
  const [from = 0, to = 0] = (await run).trim().split('\n').map(Number)
  await site.cli(['cluster', 'watch', 'cantrip', '--until', 'READY', '--timeout', '600'], LONG)
  console.log(`  with the add-ons, to READY: ${((performance.now() - began) / 1000).toFixed(1)} s`)
  return to - from
}

const CONFIGURATION = `apiVersion: kubeadm.k8s.io/v1beta4
kind: UpgradeConfiguration
apply:
  kubernetesVersion: ${TO}
  forceUpgrade: true
  imagePullPolicy: Never
  etcdUpgrade: false
  ignorePreflightErrors: [all]
  patches: {directory: /etc/kubernetes/patches}
`

async function kubeadm(node: Node): Promise<number> {
  const bundle = bundles[1] ?? ''
  const { files } = BundleManifest.parse(JSON.parse(await readFile(join(bundle, MANIFEST_NAME), 'utf8')))
  const needed = files.filter(({ role, name }) => role === 'image' || name === 'kubeadm' || name === 'kubelet')
  for (const { path } of needed) await copyIn(node, join(bundle, path), `/var/lib/plain/${path}`)
  const at = (wanted: string) => `/var/lib/plain/${needed.find(({ name }) => name === wanted)?.path}`
  await execOk(node, ['sh', '-c', 'cat > /var/lib/plain/upgrade.yaml'], { stdin: CONFIGURATION })
  const began = performance.now()
  for (const { role, path } of needed)
    if (role === 'image') await execOk(node, [...CTR, 'images', 'import', '--local', `/var/lib/plain/${path}`], LONG)
  await execOk(node, ['install', '-m755', at('kubeadm'), `${STANDARD.binaries}/kubeadm`])
  await execOk(node, [`${STANDARD.binaries}/kubeadm`, 'upgrade', 'apply', '--config', '/var/lib/plain/upgrade.yaml'], {
    ...LONG,
    env: { KUBECONFIG: '/etc/kubernetes/admin.conf', CONTAINER_RUNTIME_ENDPOINT: `unix://${CONTAINERD.socket}` },
  })
  await execOk(node, ['install', '-m755', at('kubelet'), `${STANDARD.binaries}/kubelet`])
  await execOk(node, ['systemctl', 'restart', 'kubelet'])
  await waitFor(`${TO} is Ready`, () => isReady(node), { withinMs: 300_000, everyMs: 200 })
  return (performance.now() - began) / 1000
}

async function isReady(node: Node): Promise<boolean> {
  const columns = '{.items[0].status.nodeInfo.kubeletVersion} {.items[0].status.conditions[?(@.type=="Ready")].status}'
  const { stdout } = await exec(node, ['kubectl', ...ADMIN, 'get', 'nodes', '-o', `jsonpath=${columns}`])
  return stdout === `${TO} True`
}

const ratios: number[] = []
try {
  for (let pair = 0; pair < PAIRS; pair++) {
    const own = await withCluster('cantrip', cantrip)
    const theirs = await withCluster('kubeadm', kubeadm)
    ratios.push(own / theirs)
    console.log(`${own.toFixed(1)} s ÷ ${theirs.toFixed(1)} s = ${(own / theirs).toFixed(2)}`)
  }
} finally {
  await downAll(bed)
}
report('upgrade', median(ratios), 0.15, `one master, ${first.kubernetes} to ${TO}`)
