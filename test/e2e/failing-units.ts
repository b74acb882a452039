/**
 * A unit that fails during provisioning is reported at once, with the last lines of its log: the agent's own service,
 * containerd with an override that it cannot read, etcd with a full disk, a kubelet with an invalid setting, an API server
 * with an unknown flag. Two cases only look like failures: settings of other programs, and a containerd that is down for
 * 5 s. Uses its own node and clusters.
 */
import assert from 'node:assert/strict'
import { interruptible } from '../run/interruption.ts'
import { bundleDirectory } from '../support/site/artefacts.ts'
import { runHere } from '../support/site/run-here.ts'
import {
  awaitState,
  copyAgent,
  createCluster,
  importBundle,
  nodeRow,
  openSite,
  type Site,
} from '../support/site/site.ts'
import { bedNamed } from '../support/testbed/bed.ts'
import { isShared } from '../support/testbed/kernel-settings.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { downAll, up } from '../support/testbed/nodes.ts'
import { testbedOverrides } from '../support/testbed/overrides.ts'
import { waitFor } from '../support/wait-for.ts'
import { changeFile } from './checked-node.ts'
import { story } from './stages.ts'

const NAME = 'failing'
const MINUTES_MS = 60_000
const say = (line: string) => console.log(line)
const bed = bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-failing`)
const interrupted = interruptible(() => downAll(bed))

let site: Site | undefined
let node: Node | undefined
const here = () => {
  assert(site && node, 'the site is up')
  return { site, node }
}
const { stage, end } = story(
  say,
  async () => {
    if (!site || !node) return
    say(site.controllerLog().slice(-3_000))
    say((await exec(node, ['journalctl', '--no-pager', '-n', '80', '-u', 'cantrip-agent'])).stdout)
  },
  interrupted,
)

await downAll(bed)
try {
  await stage('a node and a controller with a bundle', async () => {
    const bundle = await bundleDirectory(runHere, say)
    node = await up({ name: NAME, bed, signal: interrupted })
    site = await openSite(bed)
    await importBundle(site, bundle)
  })
  await stage("the agent's service exits right after its start", async () => {
    const { site, node } = here()
    const dropIn = '[Service]\nExecStart=\nExecStart=/bin/sh -c "echo fatal: no luck >&2; exit 7"\n'
    const restore = await changeFile(node, '/etc/systemd/system/cantrip-agent.service.d/local.conf', dropIn)
    const credentials = await createCluster(site, { name: 'agent', overrides: {} })
    const began = performance.now()
    const { code, stderr } = await exec(node, await copyAgent(node, credentials, 'agent'), { timeoutMs: 120_000 })
    assert.equal(code, 4, stderr)
    assert.match(stderr, /cantrip-agent\.service was restarted 3 times .*exit code 7\): fatal: no luck/)
    say(`  after ${((performance.now() - began) / 1000).toFixed(0)} s`)
    await restore()
    await leave()
  })
  await stage('containerd cannot read the override', async () => {
    await begin('containerd', { containerd: 'version = 3\n[plugins\n' })
    await failsWith('containerd', /cantrip-containerd\.service .*\(exit-code, exit code 1\).*toml/s)
    await leave()
  })
  await stage('the disk of etcd is full', async () => {
    const { kubelet } = testbedOverrides()
    await begin('kubelet', { kubelet: `${kubelet}topologyManagerPolicy: nonsense\n` })
    await execOk(here().node, ['mkdir', '-p', '/var/lib/etcd'])
    await execOk(here().node, ['mount', '-t', 'tmpfs', '-o', 'size=64k,mode=0700', 'tmpfs', '/var/lib/etcd'])
    await failsWith('kubelet', /etcd\.service .*no space left on device/s)
  })
  await stage('etcd has space again: the kubelet rejects its configuration', async () => {
    await execOk(here().node, ['mount', '-o', 'remount,size=512m', '/var/lib/etcd'])
    await failsWith('kubelet', /kubelet\.service was restarted \d times .*nonsense/s)
    await execOk(here().node, ['umount', '--lazy', '/var/lib/etcd'])
    await execOk(here().node, ['rmdir', '/var/lib/etcd'])
    await leave()
  })
  await stage('the API server gets an unknown flag', async () => {
    const kubeadm = `${testbedOverrides().kubeadm}---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
apiServer: {extraArgs: [{name: nonsense, value: x}]}
`
    await begin('flag', { kubeadm })
    await failsWith(
      'flag',
      /container kube-apiserver of pod kube-system\/kube-apiserver-failing: .*unknown flag: --nonsense/s,
    )
    await leave()
  })
  await stage(
    'settings of other programs have no effect on the node, and containerd is down for 5 s: READY',
    async () => {
      await setForeignSettings(here().node)
      const { kubelet, kubeadm } = testbedOverrides()
      const joining = '---\nkind: JoinConfiguration\nnodeRegistration: {ignorePreflightErrors: [Mem]}\n'
      await begin('others', { kubelet: `${kubelet}protectKernelDefaults: true\n`, kubeadm: `${kubeadm}${joining}` })
      await here().site.admin('cluster', 'provision', 'others')
      await killContainerd(here().node)
      await awaitState(here().site, NAME, 'READY', 7 * MINUTES_MS)
      const [argv = ''] = (await execOk(here().node, ['pgrep', '-a', '-x', 'kubelet'])).split('\n')
      assert.doesNotMatch(argv, /network-plugin/)
      await leave()
    },
  )
} finally {
  await site?.close()
  await downAll(bed)
}
process.exitCode = end()

async function begin(cluster: string, overrides: Record<string, string>): Promise<void> {
  const { site, node } = here()
  const flags = ['--auto-approve']
  const credentials = await createCluster(site, {
    name: cluster,
    overrides: { ...testbedOverrides(), ...overrides },
    flags,
  })
  const { code, stdout, stderr } = await exec(node, await copyAgent(node, credentials, cluster), {
    timeoutMs: 120_000,
  })
  assert.equal(code, 0, stderr + stdout)
  await awaitState(site, NAME, 'APPROVED', 30_000)
  const row = await nodeRow(site, NAME)
  assert(row, 'the controller knows the node')
  await site.admin('node', 'configure', row.id, '--role', 'master,worker')
}

/** The time has only an upper bound here, because other work precedes the failure. */
async function failsWith(cluster: string, message: RegExp): Promise<void> {
  const { site } = here()
  const began = performance.now()
  await site.admin('cluster', 'provision', cluster)
  await awaitState(site, NAME, 'PROVISIONING', MINUTES_MS)
  await awaitState(site, NAME, 'FAILED', 4 * MINUTES_MS)
  const row = await nodeRow(site, NAME)
  const shown = await site.admin('node', 'show', row?.id ?? '')
  assert.match(shown, message)
  assert.doesNotMatch(shown, /(after|within) \d+ s/)
  say(
    `  after ${((performance.now() - began) / 1000).toFixed(0)} s: ${message.exec(shown)?.[0].replaceAll(/\s+/g, ' ')}`,
  )
}

/** Each of these would stop or misconfigure a program of Cantrip that reads it. */
async function setForeignSettings(node: Node): Promise<void> {
  await changeFile(node, '/etc/default/kubelet', 'KUBELET_EXTRA_ARGS=--network-plugin=cni\n')
  await changeFile(node, '/root/.kube/config', 'no kubeconfig\n')
  const variables = ['KUBELET_EXTRA_ARGS=--network-plugin=cni', 'KUBELET_KUBEADM_ARGS=--nonsense', 'KUBECONFIG=/none']
  const more = ['ETCD_DATA_DIR=/none', 'ETCDCTL_CERT=/none', 'CONTAINERD_ADDRESS=/none', 'CONTAINERD_NAMESPACE=none']
  await execOk(node, ['systemctl', 'set-environment', ...variables, ...more])
  // As the check kernel-access proposes it for a container of LXC.
  await execOk(node, ['umount', '--lazy', '/dev/kmsg'])
  await execOk(node, ['ln', '-sf', '/dev/console', '/dev/kmsg'])
}

/** Kills containerd in the middle of an image import. Its unit restarts after 5 s. */
async function killContainerd(node: Node): Promise<void> {
  await waitFor(
    'an import',
    async () => ((await exec(node, ['pgrep', '-f', 'ctr .*images import'])).code === 0 ? true : undefined),
    { withinMs: 3 * MINUTES_MS },
  )
  await execOk(node, ['systemctl', 'kill', '--signal=KILL', '--kill-whom=main', 'cantrip-containerd'])
}

async function leave(): Promise<void> {
  const { node } = here()
  const { stdout, stderr } = await exec(node, ['/root/agent', '-d', '--yes', '-o', 'json'], { timeoutMs: 180_000 })
  const { differences, leftovers } = JSON.parse(stdout) as { differences: { what: string }[]; leftovers: unknown[] }
  const own = differences.filter(({ what }) => !isShared(what))
  assert.deepEqual([own, leftovers], [[], []], stderr + stdout)
}
