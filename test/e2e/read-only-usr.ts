import assert from 'node:assert/strict'
import { READ_ONLY_USR, volumePlugins } from '../../src/base/layout.ts'
import { executables } from '../support/site/artefacts.ts'
import { kubectl } from '../support/site/site.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { boot, copyIn, kill, makeUsrReadOnly } from '../support/testbed/nodes.ts'
import { podsReachEachOther } from './pod-connectivity.ts'
import { allReady, type Scene, uninstallAll } from './shape.ts'
import type { Story } from './stages.ts'

const FLATCAR = 'ID=flatcar\nVERSION_ID=4081.2.0\nNAME="Flatcar Container Linux"\nPRETTY_NAME="Flatcar 4081.2.0"\n'
const LOCKSMITHD = '[Service]\nExecStart=/usr/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n'
const AGENT = `${READ_ONLY_USR.binaries}/cantrip-agent`

/** A master whose /usr is read-only, and which says that it is Flatcar; and a worker with the paths of other distributions. */
export async function readOnlyUsr(scene: Scene, { stage }: Story): Promise<void> {
  const m1 = () => scene.node('m1')
  let before = ''
  await stage('a node with a read-only /usr and one without', async () => {
    await scene.boot('m1', 'w1')
    await becomeFlatcar(m1())
    before = await programsOn(m1())
    await scene.createCluster('flat', [])
  })
  await stage('the precheck passes, and warns of reboots by locksmithd', async () => {
    await copyIn(m1(), executables.agent, '/root/agent')
    const { stdout, stderr } = await exec(m1(), ['/root/agent', 'precheck', '-o', 'json'], { timeoutMs: 120_000 })
    const { checks } = JSON.parse(stdout) as { checks: { id: string; verdict: string; found: string }[] }
    const found = (id: string) => checks.find((each) => each.id === id)
    assert.equal(found('filesystems')?.verdict, 'pass', `${JSON.stringify(found('filesystems'))}${stderr}`)
    assert.equal(found('os')?.verdict, 'pass', JSON.stringify(found('os')))
    assert.match(found('platform')?.found ?? '', /programs are installed in \/opt\/bin.*locksmithd reboots/)
  })
  await stage('both are installed and configured', async () => {
    await scene.addNode('m1', 'master,worker')
    await scene.addNode('w1', 'worker')
    assert.match(await execOk(m1(), ['cat', '/etc/systemd/system/cantrip-agent.service']), /^ExecStart=\/opt\/bin\//m)
  })
  await stage('provision: READY', () => scene.provision())
  await stage('programs, runtime and volume plugins are below /opt', () => everythingIsBelowOpt(m1()))
  await stage('pods on both nodes reach each other and a service', () => podsReachEachOther(m1(), scene.nodes()))
  await stage('a backup of etcd is saved', async () => {
    await execOk(m1(), ['systemctl', 'start', 'cantrip-etcd-backup.service'], { timeoutMs: 60_000 })
  })
  await stage('a hint that contradicts the installation is refused, and nothing changes', async () => {
    const { code, stderr } = await exec(m1(), ['/root/agent', 'precheck', '--os-hint', 'debian'])
    assert.deepEqual(
      [code, /installed in \/opt\/bin; --os-hint debian wants \/usr\/local\/bin/.test(stderr)],
      [7, true],
      stderr,
    )
  })
  await stage('a provision of the healthy cluster changes nothing on the node', async () => {
    const changes = async () => (await execOk(m1(), ['grep', '-c', '"kind":"change"', LEDGER])).trim()
    const sofar = await changes()
    await scene.provision()
    assert.equal(await changes(), sofar)
  })
  await stage('after a power cut of both, all nodes and pods are Ready again', async () => {
    const since = new Date()
    for (const node of scene.nodes()) {
      await kill(node)
      await boot(node, scene.signal)
    }
    await allReady(m1(), 2, since)
    await everythingIsBelowOpt(m1())
  })
  await stage('both are uninstalled, and nothing is left below /opt', async () => {
    await uninstallAll(scene.nodes())
    assert.equal(await programsOn(m1()), before)
  })
}

const LEDGER = '/var/lib/cantrip/ledger/ledger.jsonl'

async function becomeFlatcar(node: Node): Promise<void> {
  await execOk(node, ['rm', '/etc/os-release'])
  await execOk(node, ['tee', '/etc/os-release'], { stdin: FLATCAR })
  await execOk(node, ['tee', '/etc/systemd/system/locksmithd.service'], { stdin: LOCKSMITHD })
  await execOk(node, ['systemctl', 'enable', 'locksmithd.service'])
  // Every machine with a kernel of its own has it. The runtime could not create it for the pods of kube-proxy.
  await execOk(node, ['mkdir', '-p', '/usr/lib/modules'])
  await makeUsrReadOnly(node)
  const { code, stderr } = await exec(node, ['touch', '/usr/local/bin/a'])
  assert.deepEqual([code, /Read-only file system/.test(stderr)], [1, true], stderr)
}

/** All paths below /opt, except those that the node had before. */
const programsOn = (node: Node) => execOk(node, ['find', '/opt', '/usr/libexec', '/usr/local', '-printf', '%p %m %U\n'])

async function everythingIsBelowOpt(node: Node): Promise<void> {
  await execOk(node, [AGENT, 'status'])
  await execOk(node, [
    `${READ_ONLY_USR.binaries}/kubectl`,
    '--kubeconfig',
    '/etc/kubernetes/admin.conf',
    'get',
    'nodes',
  ])
  const running = await execOk(node, ['sh', '-c', 'readlink /proc/[0-9]*/exe | sort -u'])
  for (const name of ['bin/kubelet', 'bin/etcd', 'lib/cantrip/bin/containerd'])
    assert(running.split('\n').includes(`/opt/${name}`), `${name} runs: ${running}`)
  const flags = await execOk(node, ['cat', '/var/lib/kubelet/kubeadm-flags.env'])
  assert(flags.includes(`--volume-plugin-dir=${volumePlugins(READ_ONLY_USR)}`), flags)
  await execOk(node, ['test', '-d', volumePlugins(READ_ONLY_USR)])
  const path = '{.spec.volumes[?(@.name=="flexvolume-dir")].hostPath.path}'
  const pod = ['-n', 'kube-system', 'get', 'pod', 'kube-controller-manager-m1', '-o', `jsonpath=${path}`]
  assert.equal((await kubectl(node, ...pod)).stdout, volumePlugins(READ_ONLY_USR))
}
