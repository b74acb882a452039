import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { readInstructionKey } from '../../src/agent/gate/open-signed.ts'
import { type PairChecker, pairChecker } from '../../src/agent/pair-check/pair-checker.ts'
import { openAuthority } from '../../src/controller/access/authority.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import { openSqliteStore } from '../../src/controller/store/sqlite/store.ts'
import { linuxHostView } from '../../src/host/linux/host-view.ts'
import { linuxProbeNetwork } from '../../src/host/linux/network/probe-network.ts'
import type { PairReport } from '../../src/protocol/api/pair-report.ts'
import type { NodeRole } from '../../src/protocol/names.ts'
import { connectAgent, type ScriptedAgent } from '../support/controller/agent.ts'
import { createCluster, type EnrolledNode, enrolNode } from '../support/controller/client.ts'
import { programEnvironment } from '../support/program-environment.ts'
import { CONTROLLER } from '../support/programs/programs.ts'
import { waitFor } from '../support/wait-for.ts'

const ROLES: Record<string, NodeRole[]> = { one: ['master'], two: ['worker'], three: ['worker'] }
/** All of 127/8 is this machine, so each node can have its own address. */
const ADDRESS: Record<string, string> = { one: '127.0.66.1', two: '127.0.66.2', three: '127.0.66.3' }

/** The agent's side of a node: the real code for checks of pairs behind a scripted connection. */
interface Running {
  id: string
  agent: ScriptedAgent
  checker: PairChecker
  /** How far its clock is ahead, in milliseconds. */
  aheadMs: number
  /** It no longer answers. */
  isMute: boolean
}

let directory: string
let controller: Controller
const running = new Map<string, Running>()
const closers: (() => void)[] = []

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pairs-'))
  const start = () =>
    startController({ dataDirectory: directory, listen: { host: '127.0.0.1', port: 0 }, heartbeatMs: () => 5_000 })
  controller = await start()
  const installer = await createCluster(controller, 'demo')
  const enrolled: [string, EnrolledNode][] = []
  for (const name of Object.keys(ROLES)) enrolled.push([name, await enrolNode(controller, installer, name)])
  await controller.close()
  // Real nodes cannot be configured with loopback addresses.
  const store = openSqliteStore(join(directory, 'controller.db'))
  for (const [name, { id }] of enrolled) {
    await store.commit([
      { change: 'set-node', id, to: { roles: ROLES[name] ?? [], address: ADDRESS[name] ?? '', state: 'CONFIGURED' } },
    ])
  }
  await store.close()
  controller = await start()
  for (const [name, node] of enrolled) running.set(name, await run(node))
})
afterEach(() => {
  for (const close of closers.splice(0)) close()
  for (const each of running.values()) Object.assign(each, { aheadMs: 0, isMute: false })
})
afterAll(async () => {
  await Promise.all([...running.values()].map(({ checker }) => checker.stop()))
  await controller.close()
  rmSync(directory, { recursive: true })
})

async function run(node: EnrolledNode): Promise<Running> {
  const agent = await connectAgent(controller, node)
  const { instructionKey } = openAuthority(join(directory, 'pki'), new Date(), true)
  const checker = pairChecker({
    network: linuxProbeNetwork,
    view: linuxHostView(),
    instructionKeys: () => [readInstructionKey(instructionKey)],
    nodeId: node.id,
    isBusy: () => false,
    send: (body) => here.isMute || agent.send('pair-check', body),
    log: () => undefined,
    now: () => new Date(Date.now() + here.aheadMs),
    monotonicMs: () => performance.now(),
    sleep: (ms, signal) => sleep(ms, undefined, { signal }),
  })
  const here: Running = { id: node.id, agent, checker, aheadMs: 0, isMute: false }
  agent.socket.on('frame', () => {
    const frame = agent.received.at(-1)
    if (frame?.t === 'pair-check') checker.handle(frame.body)
  })
  return here
}

const node = (name: string): Running => {
  const found = running.get(name)
  if (!found) throw new Error(`no node ${name}`)
  return found
}

/** Runs the command of the CLI. */
const precheck = (...argv: string[]) => controllerCli('cluster', 'precheck', ...argv)

function controllerCli(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = programEnvironment({ HOME: directory, CANTRIP_ADMIN: controller.adminFile })
  return new Promise((resolve) => {
    execFile(process.execPath, [CONTROLLER, ...argv], { cwd: directory, env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    )
  })
}

async function report(): Promise<{ code: number; report: PairReport; short: string[] }> {
  const { code, out, err } = await precheck('demo', '-o', 'json')
  if (out === '') throw new Error(err)
  const found: PairReport = JSON.parse(out)
  const short = found.findings.map(
    ({ verdict, kind, from, to, port, found }) => `${verdict} ${from.join(',')}>${to} ${port ?? kind}: ${found}`,
  )
  return { code, report: found, short }
}

async function isOpen(address: string, port: number): Promise<boolean> {
  const socket = connect({ host: address, port })
  const opened = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return opened
}

test('three healthy nodes: every pair passes, and no port stays open', async () => {
  const { code, out } = await precheck('demo')
  expect(out).toMatch(
    /^3 of 3 pairs fine \(3 nodes\), round trips [\d.]+ ms, slowest [\d.]+ ms, clocks within [\d.]+ ms/,
  )
  expect(code).toBe(0)
  expect(await isOpen('127.0.66.1', 6_443)).toBe(false)
  expect(await isOpen('127.0.66.2', 10_250)).toBe(false)
  expect((await controllerCli('cluster', 'show', 'demo')).out).toMatch(/^Pairs: +3 of 3 pairs fine \(20/m)
})

test('a port that a program already uses is checked as it is, and stays open', async () => {
  const kubelet = createServer((socket) => socket.destroy())
  kubelet.listen(10_250, '127.0.66.2')
  await once(kubelet, 'listening')
  const overlay = createSocket('udp4').bind(8_472, '127.0.66.3')
  await once(overlay, 'listening')
  closers.push(
    () => kubelet.close(),
    () => overlay.close(),
  )
  const { code, short } = await report()
  expect(short).toEqual(['skipped >three 8472/udp: already in use, by the kernel or a program'])
  expect(code).toBe(0)
  expect(await isOpen('127.0.66.2', 10_250)).toBe(true)
})

test('a wrong clock is reported with its node, and the exit code is 3', async () => {
  node('three').aheadMs = 10_000
  const { code, report: found, short } = await report()
  expect(short).toEqual([
    expect.stringMatching(/^fail (one|two)>three clock: its clock is (9\.9|10|10\.1) s ahead of that of (one|two)$/),
  ])
  expect([code, found.hardFailures, found.pairs.fine]).toEqual([3, 1, 1])
})

test('an order that has expired by the clock of its node is reported', async () => {
  node('two').aheadMs = 7_200_000
  const { code, short } = await report()
  expect(short[0]).toMatch(/^fail >two node: the order expired at .*; the clock of this machine is at /)
  expect(code).toBe(3)
})

test('a node that does not answer does not block the others', async () => {
  node('two').isMute = true
  const { code, report: found, short } = await report()
  expect(short).toEqual(['fail >two node: it did not answer in time'])
  expect([code, found.pairs]).toEqual([3, { checked: 3, fine: 1, of: 3 }])
  await node('two').checker.stop()
})

test('a cluster runs one pair check at a time', async () => {
  node('two').isMute = true
  const first = report()
  await waitFor('a listener of the first node', () => isOpen('127.0.66.1', 6_443), { everyMs: 20 })
  const second = await precheck('demo')
  expect([second.code, second.err]).toEqual([7, expect.stringContaining('pair-check/busy')])
  await first
  await node('two').checker.stop()
})

test('after Ctrl-C all ports on the nodes are closed', async () => {
  node('two').isMute = true
  const env = programEnvironment({ HOME: directory, CANTRIP_ADMIN: controller.adminFile })
  const child = execFile(process.execPath, [CONTROLLER, 'cluster', 'precheck', 'demo'], { cwd: directory, env })
  await waitFor('a listener of the first node', () => isOpen('127.0.66.1', 6_443), { everyMs: 20 })
  child.kill('SIGINT')
  for (const [address, port] of [
    ['127.0.66.1', 6_443],
    ['127.0.66.2', 10_250],
  ] as const)
    await waitFor(`${address}:${port} to be closed`, async () => !(await isOpen(address, port)), { everyMs: 20 })
})

test('a disconnected node is skipped with a warning, and a single node checks nothing', async () => {
  node('three').agent.socket.close()
  await node('three').agent.closed
  const two = await report()
  expect(two.short).toEqual(['warn >three node: left out: it is not connected'])
  expect([two.code, two.report.pairs]).toEqual([0, { checked: 1, fine: 1, of: 1 }])
  node('two').agent.socket.close()
  await node('two').agent.closed
  const alone = await precheck('demo')
  expect([alone.code, alone.err]).toEqual([7, expect.stringContaining('pair-check/too-few')])
})
