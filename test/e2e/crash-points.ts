/**
 * Crashes on a real node with a real Kubernetes: the agent killed, and the power of the whole node cut with its disk kept,
 * at seeded moments of install, provisioning, reset and uninstall. Each round ends READY or restored, with 0
 * differences, and the objects that Cantrip did not create are unchanged.
 *
 * `crash-points.ts [--from ROUND] [--count ROUNDS]`; CANTRIP_SEED and CANTRIP_FULL as in test/run/campaign.ts.
 */
import assert from 'node:assert/strict'
import { parseArgs } from 'node:util'
import { isFull, keepRounds, seed } from '../run/campaign.ts'
import { interruptible } from '../run/interruption.ts'
import { bundleDirectory } from '../support/site/artefacts.ts'
import { runHere } from '../support/site/run-here.ts'
import {
  awaitState,
  copyAgent,
  createCluster,
  importBundle,
  kubectl,
  nodeRow,
  openSite,
  type Site,
} from '../support/site/site.ts'
import { bedNamed } from '../support/testbed/bed.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { down, downAll, up } from '../support/testbed/nodes.ts'
import { testbedOverrides } from '../support/testbed/overrides.ts'
import type { Output } from '../support/testbed/run.ts'
import { crashAt, runVerb } from './crash-at-point.ts'
import { type Point, type Round, roundOf, sampleOf, type Verb } from './crash-plan.ts'
import { assertForeignAppIntact, installForeignApp, removeForeignMount } from './foreign-objects/foreign-app.ts'
import { story } from './stages.ts'

const NAME = 'c1'
const CLUSTER = 'crash'
const READY_MS = 420_000
const ROUNDS = 18
/** A directory of Cantrip that also holds objects of the foreign application. */
const WITHIN = '/var/lib/cantrip'
const { values } = parseArgs({ options: { from: { type: 'string' }, count: { type: 'string' } } })
const from = Number(values.from ?? 0)
const count = Number(values.count ?? ROUNDS - from)

/** A point at which the work was interrupted, and how it ended. */
export interface Crash extends Point {
  verb: Verb
  ended: 'READY' | 'restored' | 'installed'
}

const say = (line: string) => console.log(line)
const bed = bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-crash`)
const interrupted = interruptible(() => downAll(bed))

const { stage, end } = story(say, showDiagnostics, interrupted)
let site: Site | undefined
let node: Node | undefined
let credentials = ''
let install: string[] = []
const startedMs = Date.now()
const failed: string[] = []

const here = () => {
  assert(site && node, 'the site is up')
  const [agent = ''] = install
  return { site, node, agent }
}

await downAll(bed)
try {
  await stage('a cluster with automatic approval', async () => {
    const bundle = await bundleDirectory(runHere, say)
    node = await up({ name: NAME, bed, signal: interrupted })
    site = await openSite(bed)
    await importBundle(site, bundle)
    const overrides = testbedOverrides()
    credentials = await createCluster(site, { name: CLUSTER, overrides, flags: ['--auto-approve'] })
  })
  const rounds = isFull
    ? Array.from({ length: count }, (_, index) => ({ index: from + index, round: roundOf(seed, from + index) }))
    : [{ index: 0, round: sampleOf(seed) }]
  for (const { index, round } of rounds) {
    const title = round.verbs.map(({ verb, points }) => `${verb} ×${points.length}`).join(', ')
    await stage(`crashes, round ${index} of seed ${seed}: ${title}`, async () => {
      // Rounds are independent: a failed one is recorded, and the next one starts.
      const struck = await runRound(round).catch(async (error: Error) => {
        failed.push(`round ${index}: ${error.message.split('\n')[0]}`)
        say(`  ${error.stack}`)
        await showDiagnostics()
        return failed.slice(-1)
      })
      keepRounds('crash-points-on-nodes', { [index]: struck }, startedMs)
    })
  }
  await stage('each round ended READY or restored', async () => assert.deepEqual(failed, []))
} finally {
  await site?.close()
  await downAll(bed)
}
process.exitCode = end()

async function runRound({ verbs }: Round): Promise<Crash[]> {
  await freshNode()
  const { node } = here()
  const struck: Crash[] = []
  await execOk(node, ['mkdir', '-p', '-m', '700', WITHIN])
  const foreignApp = await installForeignApp(node, WITHIN)
  let rebooted = false
  for (const { verb, points } of verbs) {
    const reached = await carryOut(verb, points)
    rebooted ||= reached.some(({ kind }) => kind === 'power cut')
    const ended = verb === 'provision' ? 'READY' : verb === 'install' ? 'installed' : 'restored'
    struck.push(...reached.map((point) => ({ ...point, verb, ended }) as const))
    await assertForeignAppIntact(node, foreignApp, { rebooted })
  }
  foreignApp.connection.close()
  return struck
}

/** A bare node. The controller keeps running. */
async function freshNode(): Promise<void> {
  const { site } = here()
  await down(here().node)
  const left = await nodeRow(site, NAME)
  if (left && left.state !== 'REMOVED') await site.admin('node', 'remove', left.id, '--force', '--yes')
  node = await up({ name: NAME, bed, signal: interrupted })
  install = await copyAgent(node, credentials, CLUSTER)
}

/** Runs the command to its end, through all of its crashes. Returns the points that were reached. */
async function carryOut(verb: Verb, points: Point[]): Promise<Point[]> {
  return verb === 'provision' ? provision(points) : byCommand(verb, points)
}

async function byCommand(verb: Exclude<Verb, 'provision'>, points: Point[]): Promise<Point[]> {
  const { site, node, agent } = here()
  const argv = verb === 'install' ? install : [agent, verb, '--yes', '-o', 'json']
  const reached: Point[] = []
  for (const point of points) {
    let ended: Output | undefined
    const running = runVerb(node, argv).then((output) => {
      ended = output
    })
    if (await crashAt(node, point, 'verb', () => ended !== undefined)) reached.push(logged(verb, point))
    await running
  }
  const output = await runVerb(node, argv)
  if (verb === 'install') {
    assert.equal(output.code, 0, output.stderr + output.stdout)
    await awaitState(site, NAME, 'APPROVED', 60_000)
  } else await restored(output, argv)
  return reached
}

function logged(verb: Verb, point: Point): Point {
  say(`  ${verb}: ${point.kind} after ${point.records} records and ${point.afterMs} ms`)
  return point
}

/** A foreign mount below a directory of Cantrip is reported and not touched. Once it is unmounted, the rest is removed. */
async function restored(first: Output, argv: string[]): Promise<void> {
  const { node } = here()
  let output = first
  if (first.code === 5 && first.stdout.includes(`${WITHIN}/mounted`)) {
    await removeForeignMount(node, { within: WITHIN })
    output = await runVerb(node, argv)
  }
  const { differences, leftovers } = JSON.parse(output.stdout) as {
    differences: { what: string }[]
    leftovers: unknown[]
  }
  const own = differences.filter(({ what }) => !/cantrip[-/]mounted/.test(what))
  assert.deepEqual({ own, leftovers }, { own: [], leftovers: [] }, output.stderr + output.stdout)
}

async function provision(points: Point[]): Promise<Point[]> {
  const { site, node } = here()
  const row = await nodeRow(site, NAME)
  assert(row, `the controller knows ${NAME}`)
  await site.admin('node', 'configure', row.id, '--role', 'master,worker')
  await site.admin('cluster', 'provision', CLUSTER)
  let isReady = false
  const ready = awaitState(site, NAME, 'READY', READY_MS).finally(() => {
    isReady = true
  })
  ready.catch(() => undefined)
  const reached: Point[] = []
  for (const point of points) {
    if (await crashAt(node, point, 'service', () => isReady)) reached.push(logged('provision', point))
  }
  await ready
  const nodes = await kubectl(node, 'get', 'nodes', '--no-headers')
  assert.match(nodes.stdout, new RegExp(`^${NAME} +Ready `), nodes.stderr + nodes.stdout)
  return reached
}

async function showDiagnostics(): Promise<void> {
  if (site) say(site.controllerLog().split('\n').slice(-20).join('\n'))
  if (!node) return
  say((await exec(node, ['journalctl', '-u', 'cantrip-agent', '-n', '40', '--no-pager'])).stdout)
  say((await exec(node, ['cat', '/var/lib/cantrip/ledger/ledger.jsonl'])).stdout)
}
