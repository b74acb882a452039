import { changeSettings } from '../../../../src/controller/clusters/settings/commands.ts'
import {
  cancelUpgrade,
  pauseUpgrade,
  resumeUpgrade,
  startUpgrade,
} from '../../../../src/controller/clusters/upgrade/commands.ts'
import type { Upgrade } from '../../../../src/controller/domain/upgrade/record.ts'
import { isActive } from '../../../../src/controller/domain/upgrade/upgrade.ts'
import type { Operation, OperationAnswer } from '../../../../src/protocol/wire/operation.ts'
import type { Machine } from './machine.ts'
import { presentIn, runsIn } from './mirror.ts'
import { anyProcess } from './verbs.ts'
import { VERSIONS } from './versions.ts'
import type { World } from './world.ts'

/** An administrator upgrades the cluster, by one or two minor versions. Returns the code of a refusal. */
export function upgrade(world: World): Promise<string | undefined> {
  const process = anyProcess(world)
  const later = VERSIONS.slice(VERSIONS.indexOf(world.mirror.cluster.settings.kubernetesVersion) + 1)
  const request = {
    to: world.pick(later) ?? 'v1.38.1',
    ...{ maxUnavailable: world.pick(['1', '2', '50%']) ?? '1', drainSeconds: 60 },
    onBlocked: world.pick(['wait', 'wait', 'skip', 'force'] as const) ?? 'wait',
  }
  return world.ask('upgrade', process, () => startUpgrade(process.services, world.mirror.cluster, request))
}

/** An administrator changes a setting. Returns the code of a refusal. */
export function changeSetting(world: World): Promise<string | undefined> {
  const process = anyProcess(world)
  const some = String(Math.floor(world.random() * 1_000))
  const settings = world.pick<Record<string, unknown>>([
    { httpProxy: `http://proxy-${some}:3128` },
    { certSANs: [`api-${some}.example.org`] },
    { overrides: { 'kube-proxy': `# ${some}` } },
    { labels: { some } },
    { location: some },
  ])
  const request = { settings: settings ?? {}, maxUnavailable: world.pick(['1', '2', '50%']) ?? '1' }
  return world.ask('change a setting', process, () =>
    changeSettings(process.services, world.mirror.cluster, request, false),
  )
}

const command = (name: string, verb: typeof pauseUpgrade) => (world: World) => {
  const process = anyProcess(world)
  return world.ask(name, process, () => verb(process.services, world.mirror.cluster))
}
export const pause = command('pause', pauseUpgrade)
export const resume = command('resume', resumeUpgrade)
export const cancel = command('cancel', cancelUpgrade)

/** What a master does for an upgrade. Undefined for another operation. */
export function answerFor(world: World, master: Machine, operation: Operation): OperationAnswer | undefined {
  const { id } = operation
  const cluster = master.kubernetes?.cluster
  const isLucky = world.failures === 0
  const subject =
    'target' in operation ? world.machines.findLast(({ name }) => name === operation.target.name) : undefined
  switch (operation.operation) {
    case 'check-upgrade':
      return { id, outcome: 'done', findings: [] }
    case 'look-at-etcd':
    case 'etcd-status': {
      const members = world.machines.filter(
        (each) => each.kubernetes?.cluster === cluster && each.kubernetes?.role === 'master' && !each.isDead,
      )
      const leader = members.find(({ name }) => name === world.leader) ?? members[0]
      const etcd = members.map((each) => ({
        ...{ name: each.name, isHealthy: each.kubernetes?.isUp === true && each.run?.role !== 'upgrade' },
        ...{ isLearner: false, isLeader: each === leader },
      }))
      return { id, outcome: 'done', etcd }
    }
    case 'move-leader':
      world.leader = operation.target.name
      return { id, outcome: 'done' }
    case 'cordon-and-drain': {
      if (subject) subject.isCordoned = true
      if (isLucky || world.random() < 0.5) return { id, outcome: 'done' }
      const isPastDeadline = world.random() < 0.1
      return { id, outcome: 'not-yet', waitingFor: 'pods', blocked: { pods: [], isPastDeadline } }
    }
    case 'uncordon':
      if (!isLucky && world.random() < 0.3) return { id, outcome: 'not-yet', waitingFor: 'the API' }
      if (subject) subject.isCordoned = false
      return { id, outcome: 'done' }
    default:
      return undefined
  }
}

/** Whether the last instruction that makes the node what its parameters say has the cluster's proxy. */
function hasProxy(mirror: World['mirror'], id: string): boolean {
  const last = runsIn(mirror, id).findLast(({ role }) => role !== 'reset' && role !== 'add-ons' && role !== 'renew')
  if (last === undefined) return true
  const { params } = JSON.parse(last.payload) as { params: { cluster?: { httpProxy?: string } } }
  return params.cluster?.httpProxy === mirror.cluster.settings.httpProxy
}

/** What must not be so once the upgrade has ended. */
export function leftOfUpgrade({ mirror, machines }: World): string[] {
  const { upgrade: record, settings } = mirror.cluster
  if (!record) return []
  const { state, waitingFor, nodes, rounds, settings: changed }: Upgrade = record
  if (isActive(record)) return [`the upgrade is still ${state}, and waits for ${waitingFor}`]
  const present = new Set(presentIn(mirror).map(({ id }) => id))
  const own = machines.filter(({ id, isDead, isCordoned }) => present.has(id) && !isDead && isCordoned)
  const target = rounds.at(-1)
  const isLate = ({ phase, version }: (typeof nodes)[number]) => (changed ? phase !== 'done' : version !== target)
  const late = nodes.filter((each) => state === 'done' && present.has(each.id) && isLate(each))
  const others = nodes.filter(
    ({ id }) => state === 'done' && changed?.includes('httpProxy') && present.has(id) && !hasProxy(mirror, id),
  )
  const isFormer = state === 'done' && settings.kubernetesVersion !== target
  return [
    ...own.map(({ name }) => `${name} is still cordoned`),
    ...nodes.flatMap(({ name, isCordoned, id }) =>
      isCordoned && present.has(id) ? [`${name} is recorded as cordoned`] : [],
    ),
    ...late.map(({ name, version }) => `the upgrade is done, and ${name} has ${version}`),
    ...others.map(({ name }) => `the change is done, and ${name} has another proxy`),
    ...(isFormer ? ['the upgrade is done, and the cluster has its former version'] : []),
  ]
}
