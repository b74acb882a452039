/** Backups of etcd by the controller, with scripted masters; test/e2e/restored-etcd.ts has real ones. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { NodeDetail } from '../../src/protocol/api/nodes.ts'
import type { AuditPage } from '../../src/protocol/audit/routes.ts'
import { CAPABILITIES } from '../../src/protocol/wire/capabilities.ts'
import type { Instruction } from '../../src/protocol/wire/instruction.ts'
import type { Backup, EtcdState } from '../../src/protocol/wire/messages/backup.ts'
import { Operation, type OperationAnswer } from '../../src/protocol/wire/operation.ts'
import { OPERATION_FRAME } from '../../src/protocol/wire/released-names.ts'
import { connectAgent, factsAt, type ScriptedAgent } from '../support/controller/agent.ts'
import { openScene, type Scene, type SceneNode } from '../support/controller/scene.ts'

let scene: Scene
let nodes: SceneNode[]

beforeEach(async () => {
  scene = await openScene()
  nodes = await scene.up(['m1', ['master']], ['m2', ['master']], ['m3', ['master']])
})
afterEach(() => scene.close())

/** Ends the connection of the agent with which the node was provisioned. */
async function away(...indexes: number[]): Promise<void> {
  for (const index of indexes) {
    const own = nodes[index]
    if (!own) throw new Error(`no node ${index}`)
    own.agent.socket.terminate()
    await scene.shows(own, 'not connected', ({ connected }) => !connected)
  }
}

const BACKUP: Backup = {
  ...{ id: 'm1-20260601T120000Z', reason: 'schedule', madeAt: '2026-06-01T12:00:00.000Z' },
  ...{ revision: 42, keys: 7, bytes: 2 ** 20, etcdVersion: '3.6.0' },
}

interface Master {
  /** Of a backup that is damaged. */
  damaged?: true
  backups?: Backup[]
  etcdState: EtcdState
  capabilities?: readonly string[]
  /** It counts as connected, but its power was cut. */
  isCut?: true
}
const LOST: EtcdState = { isRunning: true, hasQuorum: false, revision: 100, term: 3, index: 120 }

/** Of the audit log, with the names of the changed records. */
async function entries(action: string) {
  const { entries: all }: AuditPage = (await scene.admin('GET', '/v1/audit?cluster=demo')).json
  return all.filter((entry) => entry.action === action)
}

/** Operations that masters were asked for. */
const asked: string[] = []

/** Connects a node again, with an agent of this build that answers for a real master. */
async function connect(index: number, master: Master): Promise<ScriptedAgent> {
  const own = nodes[index]
  if (!own) throw new Error(`no node ${index}`)
  const { backups = [], etcdState, damaged, isCut, capabilities = CAPABILITIES } = master
  const agent = await connectAgent(scene.controller, own.node, 1, factsAt(`10.0.0.${index + 1}`), {
    capabilities: [...capabilities],
  })
  agent.socket.on('frame', () => {
    const at = agent.received.findIndex(({ t }) => t === OPERATION_FRAME)
    const [frame] = at < 0 ? [] : agent.received.splice(at, 1)
    if (frame?.t !== OPERATION_FRAME) return
    const { id, operation } = Operation.parse(JSON.parse(frame.body.payload))
    asked.push(operation)
    if (isCut) return agent.send(OPERATION_FRAME, { id, outcome: 'not-yet', waitingFor: 'power' })
    if (operation === 'check-backup' && damaged) {
      const error = { code: 'etcd-backup/damaged', message: 'the snapshot was changed', fix: 'choose another' }
      return agent.send(OPERATION_FRAME, { id, outcome: 'failed', error })
    }
    const answers: Partial<Record<typeof operation, Partial<OperationAnswer>>> = {
      'back-up-etcd': { backup: { ...BACKUP, reason: 'request' } },
      'look-at-backups': { backups, etcdState },
    }
    agent.send(OPERATION_FRAME, { id, outcome: 'done', ...answers[operation] } as OperationAnswer)
  })
  return agent
}

const orders = (agents: readonly ScriptedAgent[]): Promise<Instruction[]> =>
  Promise.all(agents.map((agent) => agent.instruction()))

test('backups are made on one master, and listed of all', async () => {
  await away(1, 2)
  await connect(0, { backups: [BACKUP], etcdState: { ...LOST, hasQuorum: true } })
  const made = await scene.cli('cluster', 'backup', 'now', 'demo')
  expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^m1-20260601T120000Z .* request +42 +1\.0 MiB/m) })
  const { out } = await scene.cli('cluster', 'backup', 'list', 'demo')
  expect(out).toMatch(/^m1-20260601T120000Z .* schedule +42 +1\.0 MiB/m)
  expect(out).toMatch(/^m1 +has a quorum +100 +3 +120$/m)
  expect(out).toMatch(/^m2 +waiting for master m2 to be connected/m)
  const recorded = (await entries('createBackup')).map(({ outcome, changes }) => [outcome, changes[0]?.record])
  expect(recorded).toEqual([
    ['begun', 'backup'],
    ['done', 'backup'],
  ])
})

test('requests for a list share the answer of a master, until a backup is made', async () => {
  await away(1, 2)
  await connect(0, { backups: [BACKUP], etcdState: LOST })
  asked.length = 0
  const list = () => scene.admin('GET', '/v1/clusters/demo/backups')
  const answers = await Promise.all(Array.from({ length: 8 }, list))
  expect(answers.map(({ json }) => json.masters[0].backups.length)).toEqual(Array.from({ length: 8 }, () => 1))
  await list()
  expect(asked).toEqual(['look-at-backups'])
  await scene.admin('POST', '/v1/clusters/demo/backups')
  await list()
  expect(asked).toEqual(['look-at-backups', 'back-up-etcd', 'look-at-backups'])
})

test('requests for a plan of an upgrade share the answer of a master', async () => {
  await away(1, 2)
  await connect(0, { etcdState: LOST })
  asked.length = 0
  const { json: cluster } = await scene.admin('GET', '/v1/clusters/demo')
  const plan = () => scene.admin('GET', `/v1/clusters/demo/upgrade/plan?to=${cluster.settings.kubernetesVersion}`)
  const answers = await Promise.all(Array.from({ length: 8 }, plan))
  expect(answers.map(({ json }) => json.findings)).toEqual(Array.from({ length: 8 }, () => []))
  expect(asked).toEqual(['check-upgrade'])
})

test('a restore instructs all masters at once, with the same order, and the source first', async () => {
  const etcdState = { isRunning: false, hasQuorum: false }
  const spoilt = await connect(1, { etcdState, damaged: true, backups: [{ ...BACKUP, id: 'm2-20260601T120000Z' }] })
  const refused = await scene.cli('cluster', 'restore', 'demo', '--from', 'm2-20260601T120000Z', '--yes')
  expect(refused).toMatchObject({ err: expect.stringContaining('etcd-backup/damaged') })
  spoilt.socket.terminate()
  const agents = [
    await connect(0, { etcdState }),
    await connect(1, { etcdState, backups: [{ ...BACKUP, id: 'm2-20260601T120000Z' }] }),
    await connect(2, { etcdState }),
  ]
  const begun = await scene.cli('cluster', 'restore', 'demo', '--from', 'm2-20260601T120000Z', '--yes')
  expect(begun).toMatchObject({
    code: 0,
    out: expect.stringContaining('Etcd begins with the data on m2; then its data goes to m1, m3'),
  })
  const given = await orders(agents)
  const restores = given.map((each) => (each.role === 'restore-etcd' ? each.restore : undefined))
  expect(restores[0]).toMatchObject({ source: 'm2', backup: 'm2-20260601T120000Z', nodes: ['m2', 'm1', 'm3'] })
  expect(restores.every((each) => JSON.stringify(each) === JSON.stringify(restores[0]))).toBe(true)
  const [refusal, entry, ...others] = await entries('restoreBackup')
  expect(refusal?.code).toBe('etcd-backup/damaged')
  expect(entry).toMatchObject({ outcome: 'done', target: { cluster: 'demo' } })
  expect(others).toEqual([])
  expect(entry?.changes).toHaveLength(3)
  const ordered = { source: 'm2', backup: 'm2-20260601T120000Z' }
  expect(entry?.changes[0]).toMatchObject({ record: 'run', change: 'added', fields: { payload: { after: ordered } } })
  const again = await scene.cli('cluster', 'restore', 'demo', '--from', 'm2-20260601T120000Z', '--yes')
  expect(again).toMatchObject({ err: expect.stringContaining('restore/busy') })
})

test('no restore of an unknown backup, while a master is away, or by an agent that is too old', async () => {
  await away(2)
  const etcdState = { isRunning: false, hasQuorum: false }
  await connect(0, { etcdState, backups: [BACKUP] })
  await connect(1, { etcdState })
  const restore = (id: string) => scene.cli('cluster', 'restore', 'demo', '--from', id, '--yes')
  expect(await restore('m1-20200101T000000Z')).toMatchObject({ err: expect.stringContaining('etcd-backup/unknown') })
  expect(await restore(BACKUP.id)).toMatchObject({
    err: expect.stringMatching(/do not answer: m3.*\(restore\/absent\)/s),
  })
  const capabilities = CAPABILITIES.filter((name) => name !== 'instruction/restore-etcd')
  const old = await connect(2, { etcdState, capabilities })
  expect(await restore(BACKUP.id)).toMatchObject({ err: expect.stringContaining('agent/update-needed') })
  expect(old.received.filter(({ t }) => t === 'instruct')).toEqual([])
})

test('recover is refused with a quorum; then it keeps the data of the survivor, and leaves out who is away', async () => {
  await away(2)
  await connect(0, { etcdState: { ...LOST, hasQuorum: true } })
  const early = await scene.cli('cluster', 'recover', 'demo', '--survivor', 'm1', '--yes')
  expect(early).toMatchObject({ err: expect.stringContaining('recover/has-quorum') })
  const agents = [await connect(0, { etcdState: LOST }), await connect(1, { etcdState: { ...LOST, revision: 90 } })]
  const shown = await scene.cli('cluster', 'recover', 'demo')
  expect(shown.out).toMatch(/^m1 +has no quorum +100 +3 +120$/m)
  const recover = (survivor: string) => scene.cli('cluster', 'recover', 'demo', '--survivor', survivor, '--yes')
  expect(await recover('m2')).toMatchObject({
    err: expect.stringMatching(/m1 has 100, which is newer.*recover\/older-data/s),
  })
  expect(await recover('m3')).toMatchObject({ err: expect.stringContaining('recover/no-data') })
  expect(await recover('m1')).toMatchObject({ code: 0, out: expect.stringContaining('[!] m3 does not answer') })
  const [entry] = (await entries('recoverCluster')).filter(({ outcome }) => outcome === 'done')
  expect(entry?.changes[0]).toMatchObject({
    record: 'run',
    fields: { payload: { after: { source: 'm1', backup: null } } },
  })
  const [first] = await orders(agents)
  expect(first).toMatchObject({ role: 'restore-etcd', restore: { source: 'm1', backup: null, nodes: ['m1', 'm2'] } })
})

test('a master whose power was cut a moment ago is left out of a recovery, and prevents a restore', async () => {
  const agents = [await connect(0, { etcdState: LOST, backups: [BACKUP] }), await connect(1, { etcdState: LOST })]
  const cut = await connect(2, { etcdState: LOST, isCut: true })
  expect(await scene.cli('cluster', 'restore', 'demo', '--from', BACKUP.id, '--yes')).toMatchObject({
    err: expect.stringMatching(/do not answer: m3.*\(restore\/absent\)/s),
  })
  expect(await scene.cli('cluster', 'recover', 'demo', '--survivor', 'm1', '--yes')).toMatchObject({
    code: 0,
    out: expect.stringContaining('[!] m3 does not answer'),
  })
  const [first] = await orders(agents)
  expect(first).toMatchObject({ restore: { source: 'm1', nodes: ['m1', 'm2'] } })
  expect(cut.received.filter(({ t }) => t === 'instruct')).toEqual([])
})

test('a master that was away during a recovery joins the recovered etcd when it is back, and again if it failed', async () => {
  await scene.report(nodes)
  await away(2)
  const etcdState = LOST
  const agents = [await connect(0, { etcdState }), await connect(1, { etcdState })]
  expect(await scene.cli('cluster', 'recover', 'demo', '--survivor', 'm1', '--yes')).toMatchObject({ code: 0 })
  const [survivor] = await orders(agents.slice(0, 1))
  const at = BACKUP.madeAt
  agents[0]?.event(2, survivor?.run ?? '', { kind: 'step-done', at, step: 'a/b', ms: 1, marks: 'replaces-data' })
  await agents[0]?.next('ack')
  await finish(agents.slice(1), 'done')
  agents[0]?.send('result', { run: survivor?.run ?? '', outcome: 'done' }, 3)
  await agents[0]?.next('ack')
  const id = survivor?.role === 'restore-etcd' ? survivor.restore.id : undefined

  const m3 = await connect(2, { etcdState })
  await scene.controller.tick()
  const rejoin = { role: 'restore-etcd', restore: { id, source: 'm1', backup: null, nodes: ['m1', 'm3'] } }
  expect(await finish([m3], 'failed')).toMatchObject([rejoin])
  await shows(2, 'the failure', ({ error }) => error?.code === 'restore/no-founder')
  expect(m3.received.filter(({ t }) => t === 'instruct')).toEqual([])

  await scene.admin('POST', '/v1/clusters/demo/provision')
  expect(await finish(agents.slice(0, 1), 'done', 4)).toMatchObject([{ role: 'first-master' }])
  expect(await finish([m3], 'done', 3)).toMatchObject([rejoin])
  expect(await agents[1]?.instruction()).toMatchObject({ role: 'master' })
})

function shows(index: number, what: string, isSo: (shown: NodeDetail) => boolean): Promise<void> {
  const own = nodes[index]
  if (!own) throw new Error(`no node ${index}`)
  return scene.shows(own, what, isSo)
}

/** Ends the next run of each agent. */
async function finish(agents: readonly ScriptedAgent[], outcome: 'done' | 'failed', seq = 2): Promise<Instruction[]> {
  const error = { code: 'restore/no-founder', message: 'the restored etcd did not answer', fix: 'restore again' }
  return Promise.all(
    agents.map(async (agent) => {
      const instruction = await agent.instruction()
      agent.send('result', { run: instruction.run, outcome, ...(outcome === 'failed' && { error }) }, seq)
      await agent.next('ack')
      return instruction
    }),
  )
}
