import { expect, it } from 'vitest'
import { cluster, EARLY, member, run, upgrade } from '../../../../test/support/controller/member.ts'
import { wellReport } from '../../../../test/support/controller/well-report.ts'
import { ClusterSettings } from '../../../protocol/settings/cluster-settings.ts'
import { type Decision, direct } from '../director/director.ts'
import type { Cluster, Node } from '../records.ts'
import type { Member, Situation } from '../situation.ts'
import { cancelled } from './control.ts'

const OLD = '10.0.0.1:6443'
const NEW = 'api.demo.cantrip.internal:6443'
const START = Date.parse('2026-02-01T00:00:00.000Z')

const ready = (name: string, roles: Node['roles'], task: 'first-master' | 'worker', changes: Partial<Node> = {}) =>
  member(
    { id: `n-${name}`, name, address: `10.0.0.${name.at(-1)}`, roles, state: 'READY', attempt: 1, ...changes },
    { id: `r-${name}`, nodeId: `n-${name}`, role: task, state: 'done' },
  )
const configured = (name: string, roles: Node['roles'] = ['master']) =>
  member({ id: `n-${name}`, name, address: `10.0.0.${name.at(-1)}`, roles, configuredAt: '2026-01-31T00:00:00.000Z' })

/** A cluster of one master and one worker, which is asked to provision two more masters. */
function scene(changes: Partial<Cluster> = {}) {
  let nowMs = START
  const m1 = ready('m1', ['master'], 'first-master')
  const w4 = ready('w4', ['worker'], 'worker')
  const members: Member[] = [m1, w4, configured('m2'), configured('m3')]
  const at = () => new Date(nowMs).toISOString()
  let record = cluster({
    ...{ desired: 'provision', state: 'READY', establishedAt: EARLY, attempt: 2, endpoint: OLD, desiredAt: at() },
    ...changes,
  })
  const log: string[] = []
  const situation = (): Situation => {
    const inside = members.filter(({ node }) => node.state === 'READY' && node.silent === 'no')
    const names = inside.map(({ node }) => node.name)
    const report = wellReport(names, ['m1'])
    const etcd = { at: at(), members: [{ name: 'm1', isHealthy: true, isLearner: false, isLeader: true }] }
    const current = record.upgrade && { ...record.upgrade, etcd: record.upgrade.etcd && etcd }
    return {
      ...{ now: new Date(nowMs), members, reportSilentMs: 0 },
      cluster: { ...record, upgrade: current, report, reportAt: at() },
    }
  }
  const carryOut = (decision: Decision): void => {
    if (decision.kind === 'cluster') record = { ...record, state: decision.state }
    if (decision.kind === 'problems') record = { ...record, problems: decision.problems }
    if (decision.kind === 'upgrade') {
      if (decision.endpoint) log.push(`endpoint ${decision.endpoint}`)
      record = { ...record, endpoint: decision.endpoint ?? record.endpoint, upgrade: decision.upgrade }
    }
    const its = 'nodeId' in decision ? members.find(({ node }) => node.id === decision.nodeId) : undefined
    if (decision.kind === 'silence' && its) its.node = { ...its.node, silent: decision.silent }
    if (decision.kind === 'instruct') instruct(decision, its)
  }
  const instruct = (decision: Decision & { kind: 'instruct' }, its: Member | undefined): void => {
    log.push(`${decision.role} ${its?.node.name}`)
    const given = run({ nodeId: decision.nodeId, role: decision.role, generation: 2, createdAt: at() })
    if (its && decision.repair) its.repair = { ...given, repair: true }
    else if (its) Object.assign(its, { run: given, node: { ...its.node, state: 'PROVISIONING', attempt: 2 } })
  }
  const settle = () => {
    for (let left = 20; left > 0; left--) {
      const decisions = direct(situation())
      if (decisions.length === 0) return
      for (const each of decisions) carryOut(each)
    }
    throw new Error('it does not settle')
  }
  const pass = () => {
    nowMs += 1_000
    for (const each of members) {
      if (each.repair?.state === 'open') each.repair = { ...each.repair, state: 'done', endedAt: at() }
    }
    nowMs += 1_000
    const { upgrade } = record
    if (upgrade?.state === 'running') record = { ...record, upgrade: { ...upgrade, etcd: { at: at(), members: [] } } }
  }
  const self = {
    members,
    log,
    situation,
    get record() {
      return record
    },
    set(to: Partial<Cluster>) {
      record = { ...record, ...to }
    },
    find: (name: string) => members.find(({ node }) => node.name === name) ?? m1,
    /** Each time, decides until nothing follows, and then ends runs that are repairs. */
    go(rounds = 12) {
      for (let round = 0; round < rounds; round++) {
        settle()
        pass()
      }
      return self
    },
    later: () => {
      nowMs += 60_000
      return at()
    },
  }
  return self
}

it('all nodes move to the name, the master first, then the add-ons, and then the others join', () => {
  const all = scene().go()
  expect(all.log).toEqual([
    ...[`endpoint ${NEW}`, 'upgrade m1', 'upgrade w4', 'add-ons m1'],
    ...['master m2', 'master m3'],
  ])
  expect(all.record).toMatchObject({ endpoint: NEW, upgrade: { settings: ['endpoint'], state: 'done' } })
})

it('versions and cordons stay as they are', () => {
  const other = upgrade({
    state: 'cancelled',
    rounds: ['v1.37.2'],
    nodes: [
      {
        ...{ id: 'n-w4', name: 'w4', version: 'v1.35.4', phase: 'waiting', isCordoned: false },
        ...{ deadline: null, waitingFor: null },
      },
    ],
  })
  const { upgrade: move, settings } = scene({ upgrade: other }).go().record
  expect(move?.nodes.map(({ name, version, isCordoned }) => [name, version, isCordoned])).toEqual([
    ['m1', settings.kubernetesVersion, false],
    ['w4', 'v1.35.4', false],
  ])
})

it('a worker that is silent stays due and is named; the masters join meanwhile; it follows when it is back', () => {
  const all = scene()
  all.find('w4').silentMs = 3_600_000
  all.go()
  expect(all.log).toEqual([`endpoint ${NEW}`, 'upgrade m1', 'add-ons m1', 'master m2', 'master m3'])
  expect(all.record.upgrade).toMatchObject({ state: 'running', waitingFor: 'node w4 to be connected' })
  all.find('w4').silentMs = 0
  all.go()
  expect(all.log.at(-1)).toBe('upgrade w4')
  expect(all.record.upgrade?.state).toBe('done')
})

it('nothing moves while a run is open, which uses the former endpoint', () => {
  const all = scene()
  const open = run({ role: 'renew', repair: true, nodeId: 'n-w4', generation: 2 })
  Object.assign(all.find('w4'), { repair: open })
  expect(direct(all.situation()).filter(({ kind }) => kind === 'upgrade' || kind === 'instruct')).toEqual([])
  Object.assign(all.find('w4'), { repair: { ...open, state: 'done' } })
  expect(all.go().log[0]).toBe(`endpoint ${NEW}`)
})

it('a worker that was configured together with the masters joins after the move as well', () => {
  const all = scene()
  all.members.push(configured('w5', ['worker']))
  expect(all.go().log.slice(-3).sort()).toEqual(['master m2', 'master m3', 'worker w5'])
  expect(all.log.indexOf('worker w5')).toBeGreaterThan(all.log.indexOf('add-ons m1'))
})

it('a move that was cancelled keeps nodes from joining, until the next request begins it again', () => {
  const all = scene().go(2)
  expect(all.log).toEqual([`endpoint ${NEW}`, 'upgrade m1'])
  all.set({ upgrade: all.record.upgrade && cancelled(all.record.upgrade) })
  all.go()
  expect(all.record.upgrade?.state).toBe('cancelled')
  expect(all.log).toEqual([`endpoint ${NEW}`, 'upgrade m1'])
  all.set({ attempt: 3, desiredAt: all.later() })
  all.go()
  expect(all.log.slice(2)).toEqual([
    ...[`endpoint ${NEW}`, 'upgrade m1', 'upgrade w4', 'add-ons m1', 'master m2', 'master m3'],
  ])
})

it.each([
  ['behind a load balancer', { endpoint: 'lb:6443', settings: ClusterSettings.parse({ apiEndpoint: 'lb:6443' }) }],
  ['that goes by the name already', { endpoint: NEW }],
])('in a cluster %s, masters join at once', (_, changes) => {
  expect(scene(changes).go().log).toEqual(['master m2', 'master m3'])
})

it('masters that were only configured move nothing', () => {
  const all = scene()
  for (const name of ['m2', 'm3']) all.find(name).node = { ...all.find(name).node, attempt: 2 }
  expect(all.go().log).toEqual([])
})
