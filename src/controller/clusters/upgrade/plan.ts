import type { ErrorReport } from '../../../base/agent-error.ts'
import type { UpgradePlan } from '../../../protocol/api/clusters/upgrades.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import { compareVersions, isWithinSkew, MOST_KUBELET_SKEW } from '../../../protocol/kubernetes-version.ts'
import { CAPABILITIES } from '../../../protocol/wire/capabilities.ts'
import { updateNeeded } from '../../domain/agent-update/update-needed.ts'
import type { ClusterData } from '../../domain/draft.ts'
import type { Cluster } from '../../domain/records.ts'
import { isMaster, mastersOf } from '../../domain/shape.ts'
import type { Member, Situation } from '../../domain/situation.ts'
import { upgradeActive } from '../../domain/upgrade/active.ts'
import { byGroup, wavesOf } from '../../domain/upgrade/groups.ts'
import { roundsTo } from '../../domain/upgrade/rounds.ts'
import { isDrained, versionOn } from '../../domain/upgrade/upgrade.ts'
import type { HasBundles, HasClock, HasPresence } from '../../ports.ts'
import { situationOf } from '../../reconcile/situation-of.ts'

export type Planning = HasClock & HasPresence & HasBundles
export type Planned = Omit<UpgradePlan, 'findings'> & { members: Member[] }
/** What a person wants; `groups`: the group of each worker by its name. */
export interface Wanted {
  to: string
  maxUnavailable: string
  groups: ReadonlyMap<string, string>
}

/** What an upgrade to this version would do, and all that prevents it. */
export function planOn(ports: Planning, data: ClusterData, wanted: Wanted): Planned {
  const { to } = wanted
  const { cluster } = data
  const situation = situationOf(ports, data)
  const members = inOrder(situation)
  const versions = members.map(({ node }) => versionOn(cluster, node))
  const from =
    lowest(members.filter(isMaster).map(({ node }) => versionOn(cluster, node))) ?? cluster.settings.kubernetesVersion
  const archs = [...new Set(members.map(({ node }) => node.facts?.os.arch ?? 'x64'))]
  const found = archs.map((arch) => roundsTo(from, to, ports.bundles.versions(arch)))
  const lacking = found.flatMap((each, at) => ('lacking' in each ? [noBundle(each.lacking, archs[at] ?? 'x64')] : []))
  const rounds = found.find((each) => 'rounds' in each)?.rounds ?? []
  const problems = [
    ...versionProblems(cluster, versions, to),
    ...restoreProblems(situation),
    ...readinessProblems(situation, members),
    ...lacking,
    ...agentProblems(ports, cluster, members),
    ...(rounds[0] === undefined ? [] : skewProblems(members, cluster, rounds[0])),
  ]
  return { from, rounds, nodes: planned(cluster, members, wanted), problems, members }
}

/** The nodes that belong to the cluster: masters first, as they were configured. */
export function inOrder({ members }: Situation): Member[] {
  const inside = members.filter(
    ({ node }) => node.state !== 'CONFIGURED' && node.roles.length > 0 && node.leaving === 'no',
  )
  const order = mastersOf(inside).map(({ id }) => id)
  const masters = order.flatMap((id) => inside.find(({ node }) => node.id === id) ?? [])
  return [...masters, ...inside.filter((member) => !isMaster(member))]
}

const lowest = (versions: readonly string[]) => [...versions].sort(compareVersions)[0]

function planned(
  cluster: Cluster,
  members: readonly Member[],
  { to, maxUnavailable, groups }: Wanted,
): UpgradePlan['nodes'] {
  const due = members.filter(({ node }) => compareVersions(versionOn(cluster, node), to) < 0)
  const groupOf = ({ node }: Member) => groups.get(node.name) ?? null
  const workers = due.filter((member) => !isMaster(member)).sort((a, b) => byGroup(groupOf(a), groupOf(b)))
  const waves = wavesOf(workers.map(groupOf), maxUnavailable)
  const shown = (member: Member, wave: number) => ({
    name: member.node.name,
    version: versionOn(cluster, member.node),
    role: isMaster(member) ? 'master' : 'worker',
    wave,
    isDrained: isDrained(member, members),
    group: isMaster(member) ? null : groupOf(member),
  })
  return [
    ...due.filter(isMaster).map((member) => shown(member, 0)),
    ...workers.map((member, at) => shown(member, waves[at] ?? 1)),
  ]
}

function versionProblems(cluster: Cluster, versions: readonly string[], to: string): ErrorReport[] {
  const { name } = cluster
  const active = upgradeActive(cluster)
  if (active) return [active]
  const newer = versions.find((version) => compareVersions(version, to) > 0)
  const wanted = (found: string) => {
    const message = `found ${found} in cluster ${name}; wanted a later version than the present one, not ${to}`
    return [{ code: 'upgrade/version', message, ...remedy`see: ${{ do: 'cluster.show', cluster: name }}` }]
  }
  if (newer !== undefined) return wanted(newer)
  return versions.every((version) => version === to) ? wanted(`${to} on all nodes`) : []
}

export function restoreProblems({ cluster: { name }, members }: Situation): ErrorReport[] {
  const restored = members.find(({ repair }) => repair?.role === 'restore-etcd' && repair.state === 'open')?.node
  if (!restored) return []
  const message = `etcd of cluster ${name} is being restored, on node ${restored.name}`
  return [
    { code: 'restore/busy', message, ...remedy`wait until it ends, or: ${{ do: 'node.logs', node: restored.name }}` },
  ]
}

export function readinessProblems({ cluster, reportSilentMs }: Situation, members: readonly Member[]): ErrorReport[] {
  const { name } = cluster
  const problem = (found: string) => ({
    code: 'upgrade/not-ready',
    message: `${found}; wanted a cluster that is READY`,
    ...remedy`see: ${{ do: 'cluster.show', cluster: name }}; then: ${{ do: 'cluster.provision', cluster: name }}`,
  })
  if (cluster.desired !== 'provision' || cluster.establishedAt === null)
    return [problem(`cluster ${name} is ${cluster.state}`)]
  const late = members.find(({ node }) => node.state !== 'READY')?.node
  if (late) return [problem(`node ${late.name} is ${late.state}`)]
  const away = members.find((member) => isMaster(member) && member.node.silent === 'unreachable')?.node
  if (away) return [problem(`master ${away.name} is not connected`)]
  return cluster.report === null || reportSilentMs >= 90_000
    ? [problem(`the operator of cluster ${name} does not report`)]
    : []
}

export function agentProblems(ports: Planning, cluster: Cluster, members: readonly Member[]): ErrorReport[] {
  return members.flatMap(({ node }) => {
    const capabilities = ports.presence.capabilitiesOf(node.id) ?? CAPABILITIES
    return updateNeeded(node, cluster, 'upgrade', capabilities) ?? []
  })
}

function skewProblems(members: readonly Member[], cluster: Cluster, first: string): ErrorReport[] {
  const tooOld = members.find(({ node }) => !isWithinSkew(versionOn(cluster, node), first))
  if (!tooOld) return []
  const { name } = tooOld.node
  return [
    {
      code: 'upgrade/skew',
      message: `node ${name} has Kubernetes ${versionOn(cluster, tooOld.node)}; wanted at most ${MOST_KUBELET_SKEW} minor versions less than ${first}`,
      ...remedy`remove it: ${{ do: 'node.remove', node: name }}`,
    },
  ]
}

function noBundle(version: string, arch: string): ErrorReport {
  const message = `there is no bundle of Kubernetes ${version} for ${arch}; an upgrade takes every minor version in turn`
  return { code: 'bundle/none', message, ...remedy`${{ do: 'bundle.import' }}` }
}
