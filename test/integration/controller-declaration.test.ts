import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { csvRows } from '../../src/cli/controller/inventory/csv-rows.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import type { NodeView } from '../../src/protocol/api/nodes.ts'
import { connectAgent, facts, type ScriptedAgent } from '../support/controller/agent.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { adminOf, type Credentials, call } from '../support/controller/client.ts'
import { type ControllerProcess, runController, serveController } from '../support/controller/process.ts'
import { seededRandom } from '../support/random.ts'
import { waitFor } from '../support/wait-for.ts'

const directory = mkdtempSync(join(tmpdir(), 'declared-'))
const data = join(directory, 'data')
const env = { CANTRIP_ADMIN: join(data, 'admin.json') }
let controller: ControllerProcess | undefined
const agents: ScriptedAgent[] = []
afterAll(async () => {
  for (const { socket } of agents) socket.terminate()
  await controller?.end('SIGKILL')
  rmSync(directory, { recursive: true })
})

const FACTORY = {
  ...{ apiVersion: 'cantrip/v1', kind: 'Cluster', metadata: { name: 'factory' } },
  spec: {
    nodes: [
      { match: { hostname: 'cp-[1-3]' }, roles: ['master'], interface: 'eth0', approve: 'automatically' },
      { match: { label: { line: 'a' } }, roles: ['worker'], approve: 'automatically' },
      { match: { serial: ['S-7', 'S-8'] }, roles: ['worker'], interface: 'eth1', approve: 'automatically' },
    ],
  },
}

function write(name: string, value: object): string {
  const path = join(directory, name)
  writeFileSync(path, stringify(value), { mode: 0o600 })
  return path
}

interface Machine {
  name: string
  serial: string
  labels: Record<string, string>
  address: string
}

const machine = (at: number, name: string, labels = {}, serial = `X-${at}`): Machine => ({
  ...{ name, labels, serial, address: `10.9.${Math.floor(at / 200)}.${(at % 200) + 1}` },
})

/** 3 masters, 180 workers by label, 2 by serial number, 12 that no rule is for, and 3 whose name another one has. */
const MACHINES = [
  ...[1, 2, 3].map((at) => machine(at, `cp-${at}`)),
  ...Array.from({ length: 180 }, (_, at) => machine(10 + at, `w-${at}`, { line: 'a' })),
  ...[7, 8].map((at) => machine(200 + at, `s-${at}`, {}, `S-${at}`)),
  ...Array.from({ length: 12 }, (_, at) => machine(220 + at, `other-${at}`)),
  ...[0, 1, 2].map((at) => machine(240 + at, `w-${at}`, { line: 'a' }, `twin-${at}`)),
]

const factsOf = ({ name, serial, labels, address }: Machine) => {
  const [first, ...others] = facts.interfaces
  const interfaces = first ? [{ ...first, addresses: [{ address, prefix: 16 }] }, ...others] : []
  return { ...facts, hostname: name, machineId: serial, serial, labels, interfaces }
}

/** Enrols until it is approved, or once; connects if it is. */
async function arrive(to: ControllerProcess, installer: Credentials, own: Machine) {
  const { privateKey } = createKeyPair()
  const csr = buildCsr(privateKey, 'any')
  const { name: nodeName, serial, labels, address } = own
  const query = new URLSearchParams({ machine: JSON.stringify({ machineId: serial, serial, macs: [], labels }) })
  const answer = await call(to.url, installer, 'POST', `/v1/enrol?${query}`, { csr, nodeName, address })
  const { certificate, nodeId, fingerprint } = answer.json
  if (certificate === undefined) return undefined
  const { ca } = installer
  const node = { id: nodeId, privateKey, csr, fingerprint, ca, cert: certificate, key: keyToPem(privateKey) }
  return { own, node }
}

type Arrived = NonNullable<Awaited<ReturnType<typeof arrive>>>

async function connect(to: ControllerProcess, { own, node }: Arrived): Promise<void> {
  agents.push(await connectAgent(to as never, node, 0, factsOf(own), { nodeName: own.name }))
}

async function inGroups<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const done: R[] = []
  for (let at = 0; at < all.length; at += 10) done.push(...(await Promise.all(all.slice(at, at + 10).map(work))))
  return done
}

test('200 nodes that arrive in any order end as the file says, also if the controller is killed meanwhile', async () => {
  await importSmallBundle(data, Buffer.from('kubelet'))
  controller = await serveController(data)
  const file = write('factory.yaml', FACTORY)
  const applied = await runController(['apply', '-f', file, '--credentials', directory], env)
  expect([applied.code, applied.err]).toEqual([0, ''])
  expect(readFileSync(join(directory, 'factory-passphrase.txt'), 'utf8')).toMatch(/^[a-z0-9-]{29}/)
  const { privateKey } = createKeyPair()
  const renewal = { name: 'machines', csr: buildCsr(privateKey, 'installer') }
  const { json } = await call(controller.url, adminOf(controller), 'POST', '/v1/clusters/factory/credentials', renewal)
  const installer = { ca: json.installer.ca, cert: json.installer.certificate, key: keyToPem(privateKey) }

  const random = seededRandom(52)
  const order = MACHINES.map((each) => ({ each, rank: random() })).sort((a, b) => a.rank - b.rank)
  // The twins come last, so that it is known which of two nodes with one name is the first.
  const shuffled = order
    .map(({ each }) => each)
    .sort((a, b) => Number(a.serial.startsWith('twin')) - Number(b.serial.startsWith('twin')))
  const present: Arrived[] = []
  const come = async (machines: readonly Machine[], to: ControllerProcess) => {
    const arrived = await inGroups(machines, (each) => arrive(to, installer, each))
    const approved = arrived.filter((each) => each !== undefined)
    await inGroups(approved, (each) => connect(to, each))
    present.push(...approved)
  }
  await come(shuffled.slice(0, 100), controller)
  const { port } = controller
  await controller.end('SIGKILL')
  controller = await serveController(data, [], { port })
  const again = controller
  await inGroups([...present], (each) => connect(again, each))
  await come(shuffled.slice(100), again)

  const list = async () =>
    (await call(again.url, adminOf(again), 'GET', '/v1/nodes?cluster=factory')).json.items as NodeView[]
  const nodes = await waitFor('all nodes to be configured', async () => {
    const all = await list()
    return all.filter(({ roles }) => roles.length > 0).length === 185 ? all : undefined
  })
  const shapes = Map.groupBy(nodes, ({ rule, roles, ruleProblem }) =>
    JSON.stringify([rule, roles.join(), ruleProblem === null]),
  )
  expect(Object.fromEntries([...shapes].map(([shape, its]) => [shape, its.length]))).toEqual({
    '[1,"master",true]': 3,
    '[2,"worker",true]': 180,
    '[3,"worker",true]': 2,
    '[null,"",false]': 12,
    '[2,"",false]': 3,
  })
  expect(nodes.find(({ name }) => name === 'other-0')?.ruleProblem).toMatch(
    /^no rule of cluster factory matches: hostname other-0, serial X-220, address 10\.9\.1\.21$/,
  )
  expect(
    nodes.filter(({ ruleProblem }) => ruleProblem?.includes('already has the name')).map(({ state }) => state),
  ).toEqual(['DISCOVERED', 'DISCOVERED', 'DISCOVERED'])
  const masters = nodes.filter(({ roles }) => roles.includes('master'))
  expect(masters.map(({ state }) => state)).toEqual(['PROVISIONING', 'PROVISIONING', 'PROVISIONING'])
  const second = await runController(['apply', '-f', file], env)
  expect([second.code, second.out]).toEqual([0, 'No changes: cluster factory is as declared.\n'])

  const reported = csvRows((await runController(['node', 'list', '-o', 'csv'], env)).out, ',')
  if (typeof reported === 'number') throw new Error(`line ${reported} is wrong`)
  const [titles, ...rows] = reported.map(({ fields }) => fields)
  expect(rows.map(([serial]) => serial).sort()).toEqual(MACHINES.map(({ serial }) => serial).sort())
  const stateAt = titles?.indexOf('state') ?? -1
  expect(rows.filter((fields) => fields[stateAt] === 'DISCOVERED')).toHaveLength(15)
  expect(rows.find(([serial]) => serial === 'X-220')?.at(-1)).toMatch(/^no rule of cluster factory matches: /)
}, 120_000)

test('diff, export and errors of the command line', async () => {
  const changed = write('changed.yaml', { ...FACTORY, spec: { ...FACTORY.spec, location: 'Berlin' } })
  const diff = await runController(['diff', '-f', changed], env)
  expect([diff.code, diff.out]).toEqual([1, 'Cluster factory would change:\n  ~ spec.location: "" -> "Berlin"\n'])
  const exported = await runController(['export', 'factory'], env)
  const same = join(directory, 'exported.yaml')
  writeFileSync(same, exported.out, { mode: 0o600 })
  expect((await runController(['diff', '-f', same], env)).code).toBe(0)
  const immutable = write('immutable.yaml', { ...FACTORY, spec: { network: { cni: 'calico' } } })
  const refused = await runController(['apply', '-f', immutable], env)
  expect(refused.code).toBe(2)
  expect(refused.err).toContain(`${immutable}:7:10: spec.network.cni: found "calic`)
  expect(refused.err).toContain(
    'cluster factory has "flannel", which cannot change: pods of two different networks cannot reach each other (declaration/immutable)',
  )
  // The ordinary removal needs a master that is up: then nothing is changed.
  const fewer = write('fewer.yaml', { ...FACTORY, spec: { ...FACTORY.spec, nodes: FACTORY.spec.nodes.slice(0, 2) } })
  const inUse = await runController(['apply', '-f', fewer, '--prune', '--yes'], env)
  expect([inUse.code, inUse.err]).toEqual([2, expect.stringContaining('(node/in-use)')])
  const plan = await runController(['apply', '-f', fewer, '--dry-run', '-o', 'json'], env)
  expect(
    JSON.parse(plan.out)[0]
      .conflicts.map(({ name }: NodeView) => name)
      .sort(),
  ).toEqual(['s-7', 's-8'])
})

test('a node that no rule is for is removed only with --prune, and only after somebody agreed', async () => {
  if (!controller) throw new Error('the controller is not up')
  const lab = { ...FACTORY, metadata: { name: 'lab' }, spec: { autoApprove: true, nodes: [] } }
  const file = write('lab.yaml', lab)
  expect((await runController(['apply', '-f', file, '--credentials', directory], env)).code).toBe(0)
  const { privateKey } = createKeyPair()
  const renewal = { name: 'lab-2', csr: buildCsr(privateKey, 'installer') }
  const { json } = await call(controller.url, adminOf(controller), 'POST', '/v1/clusters/lab/credentials', renewal)
  const installer = { ca: json.installer.ca, cert: json.installer.certificate, key: keyToPem(privateKey) }
  expect(await arrive(controller, installer, machine(1, 'lone'))).toBeDefined()
  const without = await runController(['apply', '-f', file], env)
  expect([without.code, without.out]).toEqual([0, 'No changes: cluster lab is as declared.\n'])
  const unconfirmed = await runController(['apply', '-f', file, '--prune'], env)
  expect([unconfirmed.code, unconfirmed.err]).toEqual([
    2,
    expect.stringContaining('- node lone: remove, no rule of cluster lab matches: hostname lone'),
  ])
  expect((await runController(['node', 'list', '--cluster', 'lab'], env)).out).toMatch(
    /^lone .*no rule of cluster lab/m,
  )
  expect((await runController(['apply', '-f', file, '--prune', '--yes'], env)).code).toBe(0)
  expect((await runController(['node', 'list', '--cluster', 'lab'], env)).out).not.toContain('lone')
})
