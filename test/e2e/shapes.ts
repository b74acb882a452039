/**
 * Shapes of a cluster on real nodes, each a story of its own: `shapes.ts [one-and-one|three-and-one]`, without a name all.
 */
import assert from 'node:assert/strict'
import { bundleDirectory } from '../support/site/artefacts.ts'
import { runHere } from '../support/site/run-here.ts'
import { importBundle, kubectl, openSite, type Site } from '../support/site/site.ts'
import { bedNamed } from '../support/testbed/bed.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { downAll, up } from '../support/testbed/nodes.ts'
import { podsReachEachOther } from './pods-across.ts'
import { awaitCluster, bringIn, isReady, kubernetesNodes, openShape, type Shape } from './shape.ts'
import { type Story, story } from './stages.ts'

const READY_MS = 540_000
const TAINT = 'node-role.kubernetes.io/control-plane'
const TOKEN = /\b[a-z0-9]{6}\.[a-z0-9]{16}\b/
const say = (line: string) => console.log(line)
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interrupted.abort()
    void downAll(bed).finally(() => process.exit(130))
  })
}

const bed = bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-shapes`)
const nodes = new Map<string, Node>()
let site: Site | undefined
let shape: Shape | undefined

const openedSite = () => {
  assert(site, 'the site is up')
  return site
}
const here = () => {
  assert(shape, 'the cluster is there')
  return { site: openedSite(), shape }
}
const named = (name: string): Node => {
  const found = nodes.get(name)
  assert(found, `node ${name} is up`)
  return found
}

const stories: Record<string, (told: Story) => Promise<void>> = {
  async 'one-and-one'({ stage }) {
    await stage('two bare nodes and a cluster with a dedicated master', async () => {
      await boot('m1', 'w1')
      shape = await openShape(openedSite(), 'pair', ['--dedicated-masters', '--label', 'site=north'])
    })
    await stage('master and worker are installed and configured', async () => {
      await bringIn(here().shape, named('m1'), 'master')
      await bringIn(here().shape, named('w1'), 'worker')
    })
    await stage('provision: READY', provision)
    await stage('taint on the master, none on the worker, labels on both', pairIsRight)
    await stage('pods on both nodes reach each other and a service', () =>
      podsReachEachOther(named('m1'), [named('m1'), named('w1')]),
    )
    await stage('no token in any argument, environment, journal or log', noTokenAnywhere)
    await stage('a further worker', async () => {
      await boot('w2')
      await bringIn(here().shape, named('w2'), 'worker')
      await provision()
      assert(isReady((await kubernetesNodes(named('m1'))).get('w2')), 'w2 is Ready')
    })
    await stage('all are uninstalled', uninstallAll)
  },
}

const wanted = process.argv.slice(2)
const chosen = wanted.length > 0 ? wanted : Object.keys(stories)
let exitCode = 0
for (const name of chosen) {
  const tell = stories[name]
  assert(tell, `there is no story ${name}; there are ${Object.keys(stories).join(', ')}`)
  say(`— ${name}`)
  await downAll(bed)
  const told = story(say, showWhatIsKnown)
  try {
    await tell(told)
  } finally {
    await site?.close()
    site = undefined
    nodes.clear()
    await downAll(bed)
  }
  exitCode = Math.max(exitCode, told.end())
}
process.exitCode = exitCode

async function boot(...names: string[]): Promise<void> {
  for (const name of names) nodes.set(name, await up({ name, bed, signal: interrupted.signal }))
  if (site) return
  site = await openSite(bed)
  await importBundle(site, await bundleDirectory(runHere, say))
}

async function provision(): Promise<void> {
  await here().site.admin('cluster', 'provision', here().shape.cluster)
  await awaitCluster(here().shape, READY_MS)
}

async function pairIsRight(): Promise<void> {
  const found = await kubernetesNodes(named('m1'))
  const [master, worker] = [found.get('m1'), found.get('w1')]
  assert(isReady(master) && isReady(worker), 'both are Ready')
  assert.deepEqual(
    master?.spec.taints?.map(({ key }) => key),
    [TAINT],
  )
  assert.deepEqual(worker?.spec.taints ?? [], [])
  for (const each of [master, worker]) assert.equal(each?.metadata.labels.site, 'north')
  say((await kubectl(named('m1'), 'get', 'nodes,pods', '-A', '-o', 'wide')).stdout.trimEnd())
}

async function noTokenAnywhere(): Promise<void> {
  for (const node of nodes.values()) {
    const journal = await execOk(node, ['journalctl', '--no-pager', '-o', 'cat'])
    const log = await execOk(node, ['cat', '/var/log/cantrip/agent.log'])
    const ledger = await execOk(node, ['cat', '/var/lib/cantrip/ledger/ledger'])
    const processes = await execOk(node, ['ps', '-eo', 'args'])
    for (const text of [journal, log, ledger, processes]) assert.doesNotMatch(text, TOKEN, `a token on ${node.name}`)
    const left = await exec(node, [
      'grep',
      '-rlE',
      TOKEN.source,
      '/etc/kubernetes',
      '/run/cantrip-join',
      '/var/lib/cantrip',
    ])
    assert.equal(left.stdout, '', `a token in a file on ${node.name}`)
  }
}

async function uninstallAll(): Promise<void> {
  for (const node of [...nodes.values()].reverse()) {
    const { code, stdout, stderr } = await exec(node, ['/root/agent', '--uninstall', '--yes'], { timeoutMs: 180_000 })
    assert.equal(code, 0, `${node.name}: ${stderr}${stdout}`)
    assert.match(stdout, /host restored: 0 differences\s*$/)
  }
}

async function showWhatIsKnown(): Promise<void> {
  if (site) say(`--- controller\n${site.controllerLog().slice(-4_000)}`)
  for (const node of nodes.values()) {
    const unit = ['journalctl', '--no-pager', '-o', 'cat', '-n', '60', '-u', 'cantrip-agent.service']
    say(`--- ${node.name}\n${(await exec(node, unit)).stdout.slice(-8_000)}`)
  }
  const master = nodes.get('m1')
  if (!master) return
  const pods = await kubectl(master, 'get', 'nodes,pods', '-A', '-o', 'wide')
  say(`--- pods\n${pods.stdout}${pods.stderr}`)
}
