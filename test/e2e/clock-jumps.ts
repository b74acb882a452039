/**
 * Controller and agents whose clocks jump by 31, 100 and 400 days, on nodes without Kubernetes: by libfaketime, while they run and at a
 * cold boot.
 */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair } from '../../src/pki/key.ts'
import type { NodeView } from '../../src/protocol/api/nodes.ts'
import { interruptible } from '../run/interruption.ts'
import { copyAgent, createCluster, openSite, type Site } from '../support/site/site.ts'
import { bedNamed } from '../support/testbed/bed.ts'
import { fakeTime, fakeTimeOfUnit, setNodeOffset, setOffset } from '../support/testbed/fake-time.ts'
import { exec, execOk, type Node, path } from '../support/testbed/machine.ts'
import { boot, downAll, isRunning, kill, putFile, up } from '../support/testbed/nodes.ts'
import { waitFor } from '../support/wait-for.ts'
import { story } from './stages.ts'

const UNIT = 'cantrip-agent.service'
const PAIR = '/etc/cantrip/node.pem'
const CLUSTER = 'aged'
const NAMES = ['on', 'off', 'gone'] as const
const DAY_MS = 86_400_000
const say = (line: string) => console.log(line)
const bed = bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-clock`)
const interrupted = interruptible(() => downAll(bed))
const nodes = new Map<string, Node>()
let site!: Site
/** The pair with which `on` connected first. */
let former = ''

const node = (name: (typeof NAMES)[number]): Node => {
  const found = nodes.get(name)
  assert(found, `node ${name} is up`)
  return found
}
const offsetFile = () => join(bed.directory, 'controller-offset')
const pairOf = (name: (typeof NAMES)[number]) => readFileSync(join(path(node(name)), PAIR), 'utf8')
const { stage, end } = story(say, show, interrupted)

await downAll(bed)
try {
  await stage('three nodes are connected; one of them is removed, one is switched off', async () => {
    for (const name of NAMES) nodes.set(name, await up({ name, bed, signal: interrupted }))
    site = await openSite(bed, { env: await fakeTime(offsetFile()) })
    const credentials = await createCluster(site, { name: CLUSTER, overrides: {}, flags: ['--auto-approve'] })
    await Promise.all(NAMES.map((name) => installed(name, credentials)))
    former = pairOf('on')
    await kill(node('gone'))
    await site.admin('node', 'remove', 'gone', '--force', '--yes')
    await kill(node('off'))
  })
  await stage('31 days later: one that runs renews its certificate, one that was off comes back', async () => {
    const before = pairOf('off')
    setOffset(offsetFile(), 31)
    setNodeOffset(node('on'), 31)
    await renewed('on', former)
    setNodeOffset(node('off'), 31)
    await bootAndConnect(['off'])
    assert.notEqual(pairOf('off'), before)
  })
  await stage('100 days later, while all run: server and nodes have new certificates', async () => {
    // An agent renews at most once in half an hour, even if its clock jumps.
    for (const name of ['on', 'off'] as const) {
      await execOk(node(name), ['systemctl', 'restart', UNIT])
      await waitFor(`${name} to be connected again`, async () => {
        const { stdout } = await exec(node(name), ['tail', '-n', '2', '/var/log/cantrip/agent.log'])
        return /starting[\s\S]*connected to/.test(stdout) || undefined
      })
    }
    const before = new Map((['on', 'off'] as const).map((name) => [name, pairOf(name)]))
    const served = await serverCertificate()
    setOffset(offsetFile(), 100)
    for (const name of ['on', 'off'] as const) setNodeOffset(node(name), 100)
    await waitFor('another server certificate', async () => {
      const { validToDate } = await serverCertificate()
      return validToDate.getTime() > Date.now() + 100 * DAY_MS || undefined
    })
    say(`  the server certificate was valid until ${served.validTo}, now until ${(await serverCertificate()).validTo}`)
    for (const [name, pair] of before) await renewed(name, pair)
  })
  await stage('400 days later, after a power cut of all: connected within a minute', async () => {
    await site.killController()
    for (const name of ['on', 'off'] as const) await kill(node(name))
    setOffset(offsetFile(), 400)
    for (const name of NAMES) setNodeOffset(node(name), 400)
    await Promise.all([site.restartController('SIGKILL'), bootAndConnect(['on', 'off'])])
  })
  await stage('a node that was removed, and a pair that was replaced, stay out', async () => {
    await boot(node('gone'), interrupted)
    const log = async () => (await exec(node('gone'), ['cat', '/var/log/cantrip/agent.log'])).stdout
    const refused = await waitFor(
      'the refusal',
      async () => (await log()).split('\n').findLast((line) => /remove|retired/.test(line)),
      { withinMs: 60_000 },
    )
    say(`  ${refused}`)
    say(`  ${await renewWith(former)}`)
    const rows = await site.json<NodeView[]>('node', 'list')
    assert.deepEqual(rows.flatMap(({ name, connected }) => (connected ? [name] : [])).sort(), ['off', 'on'])
  })
} finally {
  await site?.close()
  await downAll(bed)
}
process.exitCode = end()

async function installed(name: (typeof NAMES)[number], credentials: string): Promise<void> {
  const install = await copyAgent(node(name), credentials, CLUSTER)
  const { code, stdout, stderr } = await exec(node(name), install, { timeoutMs: 120_000 })
  assert.equal(code, 0, stdout + stderr)
  await fakeTimeOfUnit(node(name), UNIT)
  await execOk(node(name), ['systemctl', 'restart', UNIT])
  await connected(name)
}

async function connected(name: string): Promise<void> {
  const isConnected = async () => {
    const rows = await site.json<NodeView[]>('node', 'list')
    return rows.find((each) => each.name === name)?.connected || undefined
  }
  await waitFor(`${name} is connected`, isConnected, { withinMs: 60_000, everyMs: 500 })
}

async function renewed(name: (typeof NAMES)[number], before: string): Promise<void> {
  const at = performance.now()
  await waitFor(`another pair of ${name}`, () => pairOf(name) !== before || undefined, { withinMs: 120_000 })
  await connected(name)
  say(`  ${name}: renewed and connected after ${((performance.now() - at) / 1000).toFixed(1)} s`)
}

async function bootAndConnect(names: readonly (typeof NAMES)[number][]): Promise<void> {
  const at = performance.now()
  for (const name of names) await boot(node(name), interrupted)
  for (const name of names) {
    await connected(name)
    const seconds = (performance.now() - at) / 1000
    say(`  ${name}: connected ${seconds.toFixed(1)} s after the boot`)
    assert(seconds < 60, `${name} within a minute`)
  }
}

async function serverCertificate(): Promise<X509Certificate> {
  const { host } = new URL(site.url)
  const { stdout } = await exec(node('on'), ['openssl', 's_client', '-connect', host, '-showcerts'], { stdin: '' })
  return new X509Certificate(stdout)
}

/** As whoever has a copy of the disk. Returns the refusal. */
async function renewWith(pair: string): Promise<string> {
  await putFile(node('on'), '/root/former.pem', pair)
  const body = JSON.stringify({ csr: buildCsr(createKeyPair().privateKey, 'n') })
  const headers = ['-H', 'content-type: application/json', '-d', body]
  const argv = ['curl', '--silent', '--insecure', '--cert', '/root/former.pem', ...headers]
  const { stdout } = await exec(node('on'), [...argv, `${site.url}/v1/node/certificate`])
  const { code, message } = JSON.parse(stdout) as { code: string; message: string }
  assert.equal(code, 'identity/retired', stdout)
  return message
}

async function show(): Promise<void> {
  say(`--- controller\n${site?.controllerLog().slice(-3_000)}`)
  for (const each of nodes.values()) {
    if (!(await isRunning(each))) continue
    say(`--- ${each.name}\n${(await exec(each, ['tail', '-n', '15', '/var/log/cantrip/agent.log'])).stdout}`)
  }
}
