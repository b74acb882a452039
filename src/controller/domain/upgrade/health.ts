import { SILENT_MS } from '../problems/problems.ts'
import { isMaster, isProvisionedMaster, lastRun, mayHaveKubernetes } from '../shape.ts'
import type { Member, Situation } from '../situation.ts'
import type { Upgrade } from './record.ts'
import { type Target, targetsOf, upgradeRunOf } from './upgrade.ts'

/** What is known of etcd is used that long. */
const ETCD_FRESH_MS = 30_000

/** When the last run of the upgrade ended: what is known from before does not count. */
export function lastEndOf(situation: Situation, upgrade: Upgrade): string {
  const ends = targetsOf(situation, upgrade).flatMap((target) => upgradeRunOf(target)?.endedAt ?? [])
  return [upgrade.beganAt, ...ends].sort().at(-1) ?? upgrade.beganAt
}

/** What a node has to wait for that is to be upgraded next: a current report of the operator. */
export function reportProblem(
  { cluster, reportSilentMs }: Situation,
  after: string,
  needsApi = true,
): string | undefined {
  const { report, reportAt } = cluster
  if (report === null || reportAt === null || reportAt < after || reportSilentMs >= SILENT_MS) {
    return 'the operator to check in'
  }
  return needsApi && report.api === false ? 'the API server to be ready' : undefined
}

/** Whether the cluster's last report has the node as Ready. */
export function isReadyIn({ cluster: { report } }: Situation, name: string): boolean {
  return report?.nodes.some((node) => node.name === name && node.ready) === true
}

/** The masters that the cluster has. Those that were configured since then have not begun to join. */
export const presentMasters = ({ members }: Pick<Situation, 'members'>): Member[] =>
  members.filter((member) => isMaster(member) && mayHaveKubernetes(member.node))

/** A master may be touched only while every other one is well, and etcd has all of its members. `again`: one whose run has failed. */
export function mastersProblem(situation: Situation, again?: Target): string | undefined {
  for (const member of presentMasters(situation)) {
    const { node } = member
    if (!isProvisionedMaster(member) || node.state !== 'READY') return `master ${node.name} to be READY`
    if (node.silent !== 'no') return `master ${node.name} to be connected`
    if (lastRun(member)?.state === 'open') return `the run of master ${node.name} to end`
    if (node.id !== again?.node.id && !isReadyIn(situation, node.name)) return `master ${node.name} to be Ready`
  }
  const leaving = situation.members.find(({ node }) => node.roles.includes('master') && node.leaving !== 'no')
  return leaving && `the removal of master ${leaving.node.name}`
}

/** Whether what is known of etcd is current. */
export function isEtcdKnown({ now }: Situation, { etcd }: Upgrade, after: string): boolean {
  return etcd !== null && etcd.at >= after && now.getTime() - Date.parse(etcd.at) < ETCD_FRESH_MS
}

export function etcdProblem(situation: Situation, upgrade: Upgrade, after: string): string | undefined {
  const { etcd } = upgrade
  if (etcd === null || !isEtcdKnown(situation, upgrade, after)) return 'a master to tell the health of etcd'
  const ill = etcd.members.find(({ isHealthy, isLearner }) => !isHealthy || isLearner)
  if (ill) return `the etcd member of ${ill.name || 'a new master'} to be healthy`
  const missing = presentMasters(situation).find(({ node }) => !etcd.members.some(({ name }) => name === node.name))
  return missing && `the etcd member of ${missing.node.name}`
}
