import { expect, test } from 'vitest'
import { AgentError } from '../../../base/agent-error.ts'
import { nodeRoutes } from '../../../protocol/api/nodes.ts'
import type { InventoryHost } from '../inventory/host.ts'
import type { AdminClient } from '../session/client.ts'
import { type HostOptions, type PushMode, type PushPorts, pushHost } from './push-host.ts'
import type { RunOnHost } from './ssh/run.ts'

const HOST: InventoryHost = {
  ...{ name: 'w1', address: '10.0.0.7', port: null, user: null, keyFile: null },
  ...{ roles: ['worker'], labels: { line: 'a' }, groups: [], unused: [] },
}
const OWN = { nodeId: 'n-aaaaaaaaaa', fingerprint: 'SHA256:x' }
const JOIN = {
  ...{
    cluster: 'factory',
    urls: ['https://c:8443'],
    ca: 'CA',
    agents: [],
    token: 't',
    passphrase: 'p',
    credentialsSha256: 'cafe',
  },
  credentials: { name: 'factory-2', fetchableUntil: 'then' },
}

type Node = { cluster: string; state: string; roles: string[]; fingerprint: string; labels?: object }
type Lines = Awaited<ReturnType<RunOnHost>>
const statusLines = (cluster: string | null, own: typeof OWN | null): Lines => ({
  status: {
    ...{ kind: 'status', status: { cluster, nodeId: own?.nodeId ?? null, fingerprint: own?.fingerprint ?? null } },
  },
})

type Way = Pick<PushPorts, 'proxy' | 'tlsTerminatingProxy'> & { timeoutMs?: number }

/** A host that prints these lines, one set for each script, and a controller with one node. */
const BUNDLES = ['x64', 'arm64', 'x64'].map((arch, index) => ({
  ...{ arch, name: `kubernetes-${arch}`, manifestSha256: `${index}`.repeat(64), publicKey: 'KEY=' },
  ...{ kubernetesVersion: 'v1.36.2', createdAt: '2026-01-01T00:00:00Z', files: 1, bytes: 1 },
}))

function scene(
  printed: (Lines | AgentError)[],
  node: Partial<Node> = {},
  onNode: (id: string) => void = () => undefined,
) {
  const known: Node = {
    cluster: 'factory',
    state: 'DISCOVERED',
    roles: [],
    labels: HOST.labels,
    fingerprint: OWN.fingerprint,
    ...node,
  }
  const asked: string[] = []
  const scripts: string[] = []
  const done: unknown[] = []
  const fixes: (string | undefined)[] = []
  const client = {
    async ask(route: unknown, { body }: { body?: { roles?: string[]; labels?: object } }) {
      if (route === nodeRoutes.approveNode) Object.assign(known, { state: 'APPROVED' })
      if (route === nodeRoutes.labelNode) Object.assign(known, { labels: body?.labels })
      if (route === nodeRoutes.configureNode) Object.assign(known, { state: 'CONFIGURED', roles: body?.roles })
      asked.push((route as { path: string }).path.split('/').at(-1) ?? '')
      return { id: OWN.nodeId, name: 'w1', ...known }
    },
  } as unknown as AdminClient
  const run: RunOnHost = async (_, script, { onLine, ifLate }) => {
    scripts.push(script)
    fixes.push(ifLate)
    const next = printed.shift()
    if (next instanceof AgentError || next === undefined) throw next
    if (next.prechecks) onLine?.(next.prechecks)
    if (!next.prechecks?.checks.length) return next
    throw new AgentError('push/host-failed', 'exit code 3', { fix: '' })
  }
  const push = (mode: PushMode = 'join', host = HOST, { timeoutMs = 1_000, ...way }: Way = { proxy: undefined }) => {
    const ports = { client, cluster: 'factory', bundles: BUNDLES, mode, run, root: { become: 'sudo' as const }, ...way }
    const join = async () => JOIN as never
    const onDone: HostOptions['onDone'] = (action, node) => done.push([action, node?.state])
    const options = { signal: new AbortController().signal, timeoutMs, onStage: () => undefined, onNode, onDone }
    return pushHost({ ...ports, join }, host, options)
  }
  return { push, asked, scripts, fixes, done }
}

const NEW = statusLines(null, null)
const preparedWith = (digit: string): Lines => ({
  status: { kind: 'status', status: {}, prepared: digit.repeat(64) },
})
const PRECHECKS = { kind: 'prechecks' as const, checks: [] }
const REGISTERED: Lines = { registered: { kind: 'registered', ...OWN } }

test('a new host is installed, approved by the key that it printed, labelled and configured', async () => {
  const { push, asked, scripts } = scene([NEW, REGISTERED], { labels: {} })
  expect(await push()).toEqual({
    ...{ outcome: 'joined', actions: ['install', 'approve', 'label', 'configure'] },
    node: { id: OWN.nodeId, name: 'w1', state: 'CONFIGURED' },
  })
  expect(asked).toEqual(['{id}', 'approve', 'labels', 'configure'])
  expect(scripts[1]).toContain("more='-o json --role worker --label line=a'")
  expect(scripts[1]).toContain("task='install'")
})

test('a host behind a proxy that ends TLS compares the SHA-256 of the credentials', async () => {
  const { push, scripts } = scene([NEW, REGISTERED])
  await push('join', HOST, { proxy: 'http://proxy:3128', tlsTerminatingProxy: true })
  expect(scripts[1]).toContain("proxy='http://proxy:3128'")
  expect(scripts[1]).toContain("inspected='cafe'")
})

test('a node with its roles is not changed, in any state', async () => {
  for (const state of ['CONFIGURED', 'READY', 'DEGRADED']) {
    const { push, asked, scripts } = scene([statusLines('factory', OWN)], { state, roles: ['worker'] })
    expect(await push()).toMatchObject({ outcome: 'unchanged', actions: [] })
    expect([asked, scripts.length]).toEqual([['{id}'], 1])
  }
})

test('only what is left is done', async () => {
  const { push, scripts } = scene([statusLines('factory', OWN)], { state: 'APPROVED' })
  expect(await push()).toMatchObject({ outcome: 'changed', actions: ['configure'] })
  expect(scripts).toHaveLength(1)
})

test('an agent that has not registered yet is installed again', async () => {
  const { push } = scene([statusLines('factory', null), REGISTERED])
  expect(await push()).toMatchObject({ outcome: 'joined' })
})

test('without a role, the rules of the cluster configure it', async () => {
  const { push, asked } = scene([NEW, REGISTERED])
  expect(await push('join', { ...HOST, roles: [] })).toMatchObject({ actions: ['install', 'approve'] })
  expect(asked).toEqual(['{id}', 'approve'])
})

test('a key that is another one at the controller is not approved', async () => {
  const { push, asked } = scene([NEW, REGISTERED], { fingerprint: 'SHA256:other' })
  await expect(push()).rejects.toMatchObject({ code: 'push/other-key' })
  expect(asked).toEqual(['{id}'])
})

test('a node that the controller knows in another cluster is not approved', async () => {
  const { push, asked } = scene([NEW, REGISTERED], { cluster: 'lab' })
  await expect(push()).rejects.toMatchObject({ code: 'push/other-cluster' })
  expect(asked).toEqual(['{id}'])
})

test('nothing is done with a node that another host has named', async () => {
  for (const printed of [[NEW, REGISTERED], [statusLines('factory', OWN)]]) {
    const { push, asked } = scene(printed, {}, (id) => {
      throw new AgentError('push/same-node', id, { fix: 'none' })
    })
    await expect(push()).rejects.toMatchObject({ code: 'push/same-node', message: OWN.nodeId })
    expect(asked).toEqual([])
  }
})

test('a node of another cluster, and an agent without a key', async () => {
  await expect(scene([statusLines('lab', OWN)]).push()).rejects.toMatchObject({ code: 'push/other-cluster' })
  await expect(scene([NEW, NEW]).push()).rejects.toMatchObject({ code: 'push/no-key' })
})

test('a dry run changes nothing', async () => {
  const dry = scene([NEW])
  expect(await dry.push('dry-run')).toEqual({
    ...{ outcome: 'planned', actions: ['install', 'approve', 'label', 'configure'], node: null },
  })
  expect(dry.asked).toEqual([])
})

test('a host is prepared with the newest bundle for its architecture, and once', async () => {
  const bare = scene([NEW, { prechecks: PRECHECKS, prepared: { kind: 'prepared', bundle: 'kubernetes-x64' } }])
  expect(await bare.push('prepare')).toEqual({ outcome: 'prepared', actions: ['prepare'], node: null })
  expect(bare.scripts[1]).toContain("task='prepare'")
  const offered = [`x64:kubernetes-x64:${'0'.repeat(64)}:KEY=`, `arm64:kubernetes-arm64:${'1'.repeat(64)}:KEY=`]
  expect(bare.scripts[1]).toContain(`--role worker --bundle-ref ${offered.join(' --bundle-ref ')}'`)
  expect([bare.asked, bare.done]).toEqual([[], [['prepare', undefined]]])
  const again = scene([preparedWith('0')])
  expect(await again.push('prepare')).toEqual({ outcome: 'unchanged', actions: [], node: null })
  const earlier = scene([preparedWith('f'), {}])
  await expect(earlier.push('prepare')).rejects.toMatchObject({ code: 'push/nothing-ran' })
  const node = scene([statusLines('factory', OWN)], { state: 'READY', roles: ['worker'] })
  expect(await node.push('prepare')).toMatchObject({ outcome: 'unchanged', node: { state: 'READY' } })
})

test('what was done is reported when it was done, and the node with it', async () => {
  const whole = scene([NEW, REGISTERED])
  await whole.push()
  expect(whole.done).toEqual([
    ['install', undefined],
    [undefined, 'DISCOVERED'],
    ['approve', 'APPROVED'],
    ['configure', 'CONFIGURED'],
  ])
  const other = scene([NEW, REGISTERED], { fingerprint: 'SHA256:other' })
  await expect(other.push()).rejects.toThrow()
  expect(other.done).toEqual([['install', undefined]])
})

test('a longer --timeout is no fix if only to look takes too long', async () => {
  const long = scene([NEW, REGISTERED])
  await long.push('join', HOST, { proxy: undefined, timeoutMs: 900_000 })
  expect(long.fixes).toEqual([expect.stringContaining('--timeout does not help'), undefined])
  const short = scene([NEW])
  await short.push('dry-run')
  expect(short.fixes).toEqual([undefined])
})

test('a script that did not run is no success', async () => {
  for (const mode of ['join', 'prepare', 'dry-run'] as const)
    await expect(scene([{}]).push(mode)).rejects.toMatchObject({ code: 'push/nothing-ran' })
  await expect(scene([NEW, {}]).push('prepare')).rejects.toMatchObject({ code: 'push/nothing-ran' })
})

test('the checks that failed are the error, not the exit code', async () => {
  const checks = [{ id: 'swap', hard: true, verdict: 'fail', found: 'on', fix: 'off' }]
  const { push } = scene([NEW, { prechecks: { kind: 'prechecks', checks } }])
  await expect(push('prepare')).rejects.toMatchObject({ code: 'push/unfit' })
})
