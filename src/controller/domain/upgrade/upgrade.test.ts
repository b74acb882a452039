import { describe, expect, it } from 'vitest'
import { cluster, member, run } from '../../../../test/support/controller/member.ts'
import { wellReport } from '../../../../test/support/controller/well-report.ts'
import type { SettingChange } from '../../../protocol/settings/change.ts'
import { ClusterSettings } from '../../../protocol/settings/cluster-settings.ts'
import type { OperationAnswer } from '../../../protocol/wire/operation.ts'
import type { AgentUpdate } from '../agent-update/record.ts'
import { unavailableOf } from '../max-unavailable.ts'
import type { Node } from '../records.ts'
import { rolloutOf } from '../settings/rollout.ts'
import type { Member, Situation } from '../situation.ts'
import { cancelled, paused, resumed } from './control.ts'
import type { Upgrade } from './record.ts'
import { steer } from './steer.ts'
import { afterTask, type Task, tasksOf } from './tasks.ts'
import { phasesFor } from './upgrade.ts'

const START = Date.parse('2026-01-01T00:00:00.000Z')

type Answer = OperationAnswer extends infer A ? (A extends { id: string } ? Omit<A, 'id'> : never) : never

/** A cluster that does what it is told: runs end, and operations are answered, when the test says so. */
class Scene {
  nowMs = START
  upgrade: Upgrade
  version = 'v1.35.4'
  readonly log: string[] = []
  readonly members: Member[] = []
  notReady = new Set<string>()
  hasApi = true
  leader = 'm1'
  ill = ''
  agentUpdate: AgentUpdate | null = null
  answers: Partial<Record<Task['kind'], (task: Task) => Answer>> = {}

  constructor(masters: number, workers: number, changes: Partial<Upgrade> = {}) {
    const roles = (isMaster: boolean): Node['roles'] => (isMaster ? ['master'] : ['worker'])
    for (let at = 1; at <= masters + workers; at++) {
      const isMaster = at <= masters
      const name = isMaster ? `m${at}` : `w${at - masters}`
      const task = at === 1 ? 'first-master' : isMaster ? 'master' : 'worker'
      this.members.push(
        member(
          {
            id: `n-${name}`,
            name,
            state: 'READY',
            roles: roles(isMaster),
            configuredAt: `2026-01-01T00:00:0${at}.000Z`,
          },
          { id: `r-${name}`, nodeId: `n-${name}`, role: task, state: 'done' },
        ),
      )
    }
    this.upgrade = phasesFor({
      ...{ from: 'v1.35.4', rounds: ['v1.36.2'], round: 0, state: 'running', isChecked: false, addOns: 'due' },
      ...{ maxUnavailable: '1', drain: { seconds: 60, onBlocked: 'wait' }, etcd: null, waitingFor: null, error: null },
      nodes: this.members.map(({ node: { id, name } }) => ({
        ...{ id, name, version: 'v1.35.4', phase: 'waiting', isCordoned: false, deadline: null, waitingFor: null },
      })),
      ...{ beganAt: this.at, endedAt: null },
      ...changes,
    })
  }

  get at(): string {
    return new Date(this.nowMs).toISOString()
  }

  get situation(): Situation {
    const names = this.members.map(({ node }) => node.name)
    const report = wellReport(
      names,
      names.filter((name) => name.startsWith('m')),
    )
    const nodes = report.nodes.map((node) => ({ ...node, ready: !this.notReady.has(node.name) }))
    return {
      now: new Date(this.nowMs),
      cluster: cluster({
        ...{ desired: 'provision', state: 'READY', establishedAt: this.at, upgrade: this.upgrade },
        agentUpdate: this.agentUpdate,
        settings: { ...ClusterSettings.parse({}), kubernetesVersion: this.version },
        ...{ report: { ...report, nodes, api: this.hasApi }, reportAt: this.at },
      }),
      members: this.members,
      reportSilentMs: 0,
    }
  }

  find(name: string): Member {
    const found = this.members.find(({ node }) => node.name === name)
    if (!found) throw new Error(`no ${name}`)
    return found
  }

  its = (name: string) => this.upgrade.nodes.find((node) => node.name === name)

  decide(): void {
    for (let rounds = 0; ; rounds++) {
      const decisions = steer(this.situation)
      if (decisions.length === 0) return
      if (rounds > 20) throw new Error('it does not settle')
      for (const each of decisions) {
        if (each.kind === 'upgrade') {
          this.upgrade = each.upgrade
          if (each.version !== undefined) this.version = each.version
          continue
        }
        const target = this.members.find(({ node }) => node.id === each.nodeId)
        if (!target) throw new Error(`no ${each.nodeId}`)
        this.log.push(`${each.role} ${target.node.name} ${each.version}`)
        target.repair = run({ role: each.role, nodeId: each.nodeId, repair: true, generation: 2, createdAt: this.at })
      }
    }
  }

  end(name: string, state: 'done' | 'failed' | 'expired'): void {
    const target = this.find(name)
    const error = state === 'failed' ? { code: 'step/failed', message: 'it failed', fix: 'again' } : null
    target.repair = target.repair && { ...target.repair, state, error, endedAt: this.at }
    this.nowMs += 1_000
    this.decide()
  }

  ask(): void {
    for (const task of tasksOf(this.situation)) {
      const answer = this.answers[task.kind]?.(task) ?? this.well(task)
      if (answer.outcome === 'done' && task.kind !== 'etcd')
        this.log.push(`${task.kind}${'node' in task ? ` ${task.node.name}` : ''}`)
      this.upgrade = afterTask(
        this.situation.cluster,
        this.upgrade,
        task,
        { id: 'e-aaaaaaaaaa', ...answer },
        new Date(this.nowMs),
      )
    }
    this.nowMs += 1_000
    this.decide()
  }

  well(task: Task): Answer {
    if (task.kind === 'move-leader') this.leader = task.node.name
    if (task.kind !== 'etcd') return { outcome: 'done' }
    const masters = this.members.filter(({ node }) => node.roles.includes('master'))
    const etcd = masters.map(({ node: { name } }) => ({
      ...{ name, isHealthy: name !== this.ill, isLearner: false, isLeader: name === this.leader },
    }))
    return { outcome: 'done', etcd }
  }

  /** Until nothing happens any more. */
  go(): void {
    this.decide()
    for (let still = 0, before = ''; still < 4; ) {
      this.ask()
      for (const { node, repair } of this.members) if (repair?.state === 'open') this.end(node.name, 'done')
      const now = JSON.stringify([this.upgrade.nodes, this.upgrade.state, this.log])
      still = now === before ? still + 1 : 0
      before = now
    }
  }
}

it('takes masters one by one, the leader of etcd last, then workers in waves, then the add-ons', () => {
  const scene = new Scene(3, 3, { maxUnavailable: '2' })
  scene.go()
  expect(scene.upgrade).toMatchObject({ state: 'done', error: null })
  expect(scene.version).toBe('v1.36.2')
  expect(scene.log).toEqual([
    'check',
    ...['upgrade m2 v1.36.2', 'upgrade m3 v1.36.2', 'move-leader m2', 'upgrade m1 v1.36.2'],
    ...['drain w1', 'drain w2', 'upgrade w1 v1.36.2', 'upgrade w2 v1.36.2'],
    ...['uncordon w1', 'uncordon w2', 'drain w3', 'upgrade w3 v1.36.2', 'uncordon w3'],
    'add-ons m1 v1.36.2',
  ])
})

it('takes the groups of workers one after the other', () => {
  const scene = new Scene(1, 5, { maxUnavailable: '2' })
  const groups: Record<string, string> = { w1: 'south', w2: 'north', w4: 'south', w5: 'north' }
  const nodes = scene.upgrade.nodes.map((node) => ({ ...node, group: groups[node.name] ?? null }))
  scene.upgrade = { ...scene.upgrade, nodes }
  scene.go()
  expect(scene.upgrade).toMatchObject({ state: 'done', error: null })
  const drains = scene.log.flatMap((each, at) => (each.startsWith('drain ') ? [[each, at] as const] : []))
  expect(drains.map(([drain]) => drain)).toEqual(['drain w2', 'drain w5', 'drain w1', 'drain w4', 'drain w3'])
  for (const name of ['w2', 'w5']) expect(scene.log.indexOf(`uncordon ${name}`)).toBeLessThan(drains[2]?.[1] ?? 0)
})

it('a node of an earlier group that is back waits for the group that is under way', () => {
  const scene = new Scene(1, 3, { maxUnavailable: '2' })
  const groups: Record<string, string> = { w1: 'a', w2: 'b', w3: 'b' }
  scene.upgrade = {
    ...scene.upgrade,
    nodes: scene.upgrade.nodes.map((node) => ({ ...node, group: groups[node.name] ?? null })),
  }
  const away = scene.find('w1')
  away.node = { ...away.node, silent: 'unreachable' }
  scene.decide()
  for (let rounds = 0; rounds < 20 && !scene.log.includes('drain w2'); rounds++) {
    scene.ask()
    for (const { node, repair } of scene.members)
      if (repair?.state === 'open' && node.name === 'm1') scene.end('m1', 'done')
  }
  away.node = { ...away.node, silent: 'no' }
  scene.ask()
  expect(scene.its('w1')?.phase).toBe('waiting')
  scene.go()
  expect(scene.log.indexOf('drain w1')).toBeGreaterThan(scene.log.indexOf('uncordon w2'))
  expect(scene.upgrade.state).toBe('done')
})

/** Of a cluster whose settings change. */
function changing(masters: number, workers: number, changes: SettingChange[], maxUnavailable = '1'): Scene {
  const scene = new Scene(masters, workers)
  const { cluster: own, members, now } = { ...scene.situation }
  const begun = rolloutOf({ ...own, upgrade: null }, members, { changes, maxUnavailable, now })
  if (begun === null) throw new Error('no node is concerned')
  scene.upgrade = begun
  return scene
}
const PROXY: SettingChange = {
  ...{ name: 'httpProxy', isSent: true },
  change: { class: 'rolling', restarts: ['containerd'] },
}
const NAMES: SettingChange = {
  ...{ name: 'certSANs', isSent: true },
  change: { class: 'control-plane', restarts: ['kube-apiserver'] },
}
const SERVICES: SettingChange = {
  ...{ name: 'overrides.kube-proxy', isSent: true },
  change: { class: 'add-on', restarts: ['kube-proxy'] },
}

describe('a change of settings', () => {
  it('takes masters one by one, then workers in waves, and neither drains nor moves the leader of etcd', () => {
    const scene = changing(3, 3, [PROXY], '2')
    scene.go()
    expect(scene.upgrade).toMatchObject({ state: 'done', error: null })
    expect(scene.version).toBe('v1.35.4')
    expect(scene.log).toEqual(['m2', 'm3', 'm1', 'w1', 'w2', 'w3'].map((name) => `upgrade ${name} v1.35.4`))
  })

  it('of the control plane leaves workers alone, and one of add-ons all nodes', () => {
    const ofMasters = changing(3, 1, [NAMES])
    ofMasters.go()
    expect(ofMasters.log).toEqual(['m2', 'm3', 'm1'].map((name) => `upgrade ${name} v1.35.4`))
    const ofAddOns = changing(1, 2, [SERVICES])
    ofAddOns.go()
    expect(ofAddOns.log).toEqual(['add-ons m1 v1.35.4'])
    expect(ofAddOns.upgrade.state).toBe('done')
  })

  it('that only the controller uses concerns no node', () => {
    expect(() => changing(1, 1, [{ name: 'location', isSent: false, change: { class: 'live' } }])).toThrow()
  })

  it('waits while a master is not Ready, and stops after a failure until it is resumed', () => {
    const scene = changing(3, 1, [PROXY])
    scene.notReady.add('m3')
    scene.decide()
    scene.ask()
    expect(scene.upgrade.waitingFor).toBe('master m3 to be Ready')
    scene.notReady.clear()
    scene.ask()
    scene.ask()
    scene.end('m2', 'failed')
    scene.go()
    expect(scene.upgrade).toMatchObject({ state: 'failed', error: { code: 'step/failed' } })
    expect(scene.log).toEqual(['upgrade m2 v1.35.4'])
    scene.upgrade = resumed(scene.upgrade, new Date(scene.nowMs))
    scene.go()
    expect(scene.upgrade.state).toBe('done')
    expect(scene.log.at(-1)).toBe('upgrade w1 v1.35.4')
  })

  it('tries again on a master that is not Ready since its run failed', () => {
    const scene = changing(1, 1, [PROXY])
    scene.decide()
    scene.ask()
    scene.end('m1', 'failed')
    scene.notReady.add('m1')
    scene.hasApi = false
    scene.go()
    scene.upgrade = resumed(scene.upgrade, new Date(scene.nowMs))
    scene.decide()
    scene.ask()
    expect(scene.log).toEqual(['upgrade m1 v1.35.4', 'upgrade m1 v1.35.4'])
  })

  it('begins with the master that a wrong value has stopped, when the value is corrected', () => {
    const scene = changing(3, 0, [PROXY])
    scene.decide()
    scene.ask()
    scene.end('m2', 'done')
    scene.decide()
    scene.ask()
    scene.end('m3', 'failed')
    scene.notReady.add('m3')
    scene.go()
    scene.upgrade = { ...cancelled(scene.upgrade), state: 'cancelled' }
    const { cluster: own, members, now } = scene.situation
    const next = rolloutOf(own, members, { changes: [PROXY], maxUnavailable: '1', now })
    if (next) scene.upgrade = next
    scene.decide()
    scene.ask()
    expect(scene.log).toEqual(['m2', 'm3', 'm3'].map((name) => `upgrade ${name} v1.35.4`))
  })

  it('passes over a node that is away, which stays due', () => {
    const scene = changing(1, 2, [PROXY])
    const away = scene.find('w1')
    away.node.silent = 'unreachable'
    scene.go()
    expect(scene.upgrade.state).toBe('running')
    expect(scene.its('w2')?.phase).toBe('done')
    expect(scene.its('w1')?.phase).toBe('waiting')
    away.node.silent = 'no'
    scene.go()
    expect(scene.upgrade.state).toBe('done')
  })

  it('keeps the versions of nodes that a cancelled upgrade left behind', () => {
    const scene = changing(1, 1, [PROXY])
    const its = scene.its('w1')
    if (its) its.version = 'v1.34.9'
    scene.go()
    expect(scene.log).toEqual(['upgrade m1 v1.35.4', 'upgrade w1 v1.34.9'])
    expect(scene.its('w1')?.version).toBe('v1.34.9')
  })

  it('includes the nodes that a cancelled change has not reached', () => {
    const scene = changing(1, 2, [PROXY])
    scene.decide()
    scene.ask()
    scene.end('m1', 'done')
    scene.upgrade = { ...cancelled(scene.upgrade), state: 'cancelled' }
    const { cluster: own, members, now } = scene.situation
    const next = rolloutOf(own, members, { changes: [NAMES], maxUnavailable: '1', now })
    expect(next?.settings).toEqual(['httpProxy', 'certSANs'])
    expect(next?.nodes.filter(({ phase }) => phase === 'waiting').map(({ name }) => name)).toEqual(['m1', 'w1', 'w2'])
  })

  it('includes all nodes when an upgrade came after the cancelled change, and was cancelled too', () => {
    const scene = changing(1, 1, [PROXY])
    const { settings, ...later } = scene.upgrade
    scene.upgrade = { ...later, state: 'cancelled', ...(settings && { unfinished: settings }) }
    const { cluster: own, members, now } = scene.situation
    const next = rolloutOf(own, members, { changes: [], maxUnavailable: '1', now })
    expect(next).toMatchObject({ settings: ['httpProxy'], addOns: 'due' })
    expect(next?.nodes.map(({ phase }) => phase)).toEqual(['waiting', 'waiting'])
    expect(
      rolloutOf({ ...own, upgrade: { ...scene.upgrade, state: 'done' } }, members, {
        changes: [],
        maxUnavailable: '1',
        now,
      }),
    ).toBe(null)
  })
})

it('waits while the agent of a node is being updated', () => {
  const scene = new Scene(1, 0)
  scene.agentUpdate = {
    ...{ version: '2.0.0', files: {}, canary: 1, maxUnavailable: 1, paused: false, attempt: 1 },
    ...{ startedAt: scene.at, startedBy: 'local', nodes: [{ nodeId: 'n-m1', state: 'updating', error: null }] },
  }
  scene.go()
  expect(scene.upgrade).toMatchObject({ state: 'running', waitingFor: 'the update of the agent of m1' })
  expect(scene.log).toEqual(['check'])
  scene.agentUpdate = null
  scene.go()
  expect(scene.upgrade).toMatchObject({ state: 'done' })
})

it('takes minor versions in turn, and checks each', () => {
  const scene = new Scene(1, 0, { rounds: ['v1.36.2', 'v1.37.2'] })
  scene.go()
  expect(scene.upgrade.state).toBe('done')
  expect(scene.log).toEqual([
    ...['check', 'upgrade m1 v1.36.2', 'add-ons m1 v1.36.2'],
    ...['check', 'upgrade m1 v1.37.2', 'add-ons m1 v1.37.2'],
  ])
})

it('a node alone keeps its pods', () => {
  const scene = new Scene(1, 0)
  const [only] = scene.members
  if (only) only.node.roles = ['master', 'worker']
  scene.go()
  expect(scene.log).toEqual(['check', 'upgrade m1 v1.36.2', 'add-ons m1 v1.36.2'])
})

it('does not begin where the check finds what blocks it', () => {
  const scene = new Scene(1, 1)
  const error = { code: 'upgrade/removed-api', message: 'x uses an API that is gone', fix: 'change x' }
  scene.answers.check = () => ({
    outcome: 'done',
    findings: [
      { level: 'blocks', ...error },
      { level: 'blocks', ...error },
    ],
  })
  scene.go()
  expect(scene.upgrade).toMatchObject({ state: 'failed', error: { code: 'upgrade/removed-api' } })
  expect(scene.upgrade.error?.message).toMatch(/ \(and 1 more\)$/)
  scene.answers.check = () => ({ outcome: 'done', findings: [{ level: 'warns', ...error }] })
  scene.upgrade = resumed(scene.upgrade, new Date(scene.nowMs))
  scene.go()
  expect(scene.upgrade.state).toBe('done')
})

it.each<[string, (scene: Scene) => void]>([
  ['etcd is not healthy', (scene) => Object.assign(scene, { ill: 'm3' })],
  ['another master is away', (scene) => Object.assign(scene.find('m3').node, { silent: 'unreachable' })],
  ['another master is suspect', (scene) => Object.assign(scene.find('m3').node, { silent: 'suspect' })],
  ['another master is not Ready', (scene) => scene.notReady.add('m3')],
  [
    'another master is repaired',
    (scene) => Object.assign(scene.find('m3'), { repair: run({ repair: true, role: 'renew' }) }),
  ],
  ['another master is being removed', (scene) => Object.assign(scene.find('m3').node, { leaving: 'retire' })],
])('touches no master while %s', (_, harm) => {
  const scene = new Scene(3, 1)
  harm(scene)
  scene.decide()
  for (let at = 0; at < 10; at++) scene.ask()
  expect(scene.log.filter((line) => line !== 'check')).toEqual([])
  expect(scene.upgrade).toMatchObject({ state: 'running' })
  expect(scene.upgrade.waitingFor).toContain('m3')
})

it('passes over a worker that is away, holds the add-ons only while it is Ready in Kubernetes, and upgrades it when it is back', () => {
  const scene = new Scene(1, 2)
  Object.assign(scene.find('w1').node, { silent: 'unreachable' })
  scene.go()
  expect(scene.log).toEqual(['check', 'upgrade m1 v1.36.2', 'drain w2', 'upgrade w2 v1.36.2', 'uncordon w2'])
  expect(scene.upgrade).toMatchObject({ state: 'running', waitingFor: 'node w1 to be connected' })
  scene.notReady.add('w1')
  scene.go()
  expect(scene.log.at(-1)).toBe('add-ons m1 v1.36.2')
  expect(scene.upgrade.state).toBe('running')
  scene.notReady.clear()
  Object.assign(scene.find('w1').node, { silent: 'no' })
  scene.go()
  expect(scene.log.slice(-3)).toEqual(['drain w1', 'upgrade w1 v1.36.2', 'uncordon w1'])
  expect(scene.upgrade.state).toBe('done')
})

it('a failure stops the wave; what has begun ends; resume tries it again', () => {
  const scene = new Scene(1, 3, { maxUnavailable: '2' })
  scene.decide()
  scene.ask()
  scene.ask()
  scene.end('m1', 'done')
  for (let at = 0; at < 3; at++) scene.ask()
  expect(scene.log.slice(-2)).toEqual(['upgrade w1 v1.36.2', 'upgrade w2 v1.36.2'])
  scene.end('w1', 'failed')
  scene.end('w2', 'done')
  for (let at = 0; at < 4; at++) scene.ask()
  expect(scene.upgrade).toMatchObject({
    state: 'failed',
    error: { code: 'step/failed', fix: 'again; then: controller cluster upgrade demo --resume' },
  })
  expect([scene.its('w1'), scene.its('w2'), scene.its('w3')]).toMatchObject([
    { phase: 'drained', isCordoned: true },
    { phase: 'done', isCordoned: false },
    { phase: 'waiting', isCordoned: false },
  ])
  scene.upgrade = resumed(scene.upgrade, new Date(scene.nowMs))
  scene.go()
  expect(scene.upgrade).toMatchObject({ state: 'done', error: null })
  expect(scene.upgrade.nodes.some(({ isCordoned }) => isCordoned)).toBe(false)
})

it('begins nothing while it is paused', () => {
  const scene = new Scene(1, 2)
  scene.decide()
  scene.ask()
  scene.ask()
  scene.upgrade = paused(scene.upgrade)
  scene.end('m1', 'done')
  for (let at = 0; at < 4; at++) scene.ask()
  expect(scene.log).toEqual(['check', 'upgrade m1 v1.36.2'])
  expect(scene.its('m1')).toMatchObject({ phase: 'done', version: 'v1.36.2' })
})

it('when it is cancelled, runs go on to their end, and all nodes are uncordoned', () => {
  const scene = new Scene(1, 3, { maxUnavailable: '3' })
  scene.decide()
  scene.ask()
  scene.ask()
  scene.end('m1', 'done')
  scene.answers.drain = (task) =>
    'node' in task && task.node.name === 'w1' ? { outcome: 'done' } : { outcome: 'not-yet', waitingFor: 'pods' }
  scene.ask()
  expect(scene.log.at(-1)).toBe('upgrade w1 v1.36.2')
  scene.upgrade = cancelled(scene.upgrade)
  for (let at = 0; at < 3; at++) scene.ask()
  expect(scene.log.slice(-2)).toEqual(['uncordon w2', 'uncordon w3'])
  expect(scene.upgrade.state).toBe('cancelling')
  scene.end('w1', 'done')
  scene.ask()
  expect(scene.log.at(-1)).toBe('uncordon w1')
  expect(scene.upgrade).toMatchObject({ state: 'cancelled', endedAt: expect.any(String) })
  expect(scene.upgrade.nodes.map(({ version }) => version)).toEqual(['v1.36.2', 'v1.36.2', 'v1.35.4', 'v1.35.4'])
})

it('names the pod and the budget that hold a node', () => {
  const scene = new Scene(1, 1)
  scene.find('m1').node.roles = ['master', 'worker']
  const pod = { namespace: 'shop', name: 'web-0', budgets: ['web'], reason: 'it needs 1 of 1' }
  scene.answers.drain = () => ({
    outcome: 'not-yet',
    waitingFor: 'pods',
    blocked: { pods: [pod], isPastDeadline: true },
  })
  scene.go()
  expect(scene.upgrade).toMatchObject({ state: 'failed', error: { code: 'upgrade/drain-blocked' } })
  expect(scene.upgrade.error?.message).toContain('pod shop/web-0, which web protects: it needs 1 of 1')
})

it('waits for a node to be Ready after its run, and gives up after ten minutes', () => {
  const scene = new Scene(1, 1)
  scene.decide()
  scene.ask()
  scene.ask()
  scene.notReady.add('m1')
  scene.end('m1', 'done')
  scene.ask()
  expect(scene.its('m1')).toMatchObject({ phase: 'settling', waitingFor: 'node m1 to be Ready' })
  scene.nowMs += 600_000
  scene.decide()
  expect(scene.upgrade).toMatchObject({ state: 'failed', error: { code: 'upgrade/not-ready' } })
})

it('a node that did not acknowledge its instruction is still due', () => {
  const scene = new Scene(1, 0)
  scene.decide()
  scene.ask()
  scene.ask()
  scene.end('m1', 'expired')
  expect(scene.upgrade.state).toBe('running')
  scene.go()
  expect(scene.upgrade.state).toBe('done')
})

it.each([
  ['1', 10, 1],
  ['20%', 10, 2],
  ['20%', 4, 1],
  ['100%', 7, 7],
  ['3', 2, 3],
])('%s of %i workers are %i', (given, workers, count) => {
  expect(unavailableOf(given, workers)).toBe(count)
})
