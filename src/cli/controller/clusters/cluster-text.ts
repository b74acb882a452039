import type { ClusterHealth, ClusterView, Stage } from '../../../protocol/api/clusters.ts'
import type { NodeView } from '../../../protocol/api/nodes.ts'
import { problemText } from '../../../report/error-text.ts'
import { age, type Column, fields, localTime, table } from '../../kit/output.ts'
import { stateCell } from '../nodes/state-cell.ts'
import { certificatesText } from './certificates-text.ts'
import { notReadyReason, problemLines } from './problem-text.ts'
import { settingLines } from './setting-text.ts'
import { upgradeText } from './upgrade/text.ts'

const STAGES: Column<Stage>[] = [
  { title: 'STAGE', of: ({ name }) => name },
  { title: 'STATE', of: ({ state }) => state },
  { title: 'STARTED', of: ({ startedAt }) => (startedAt === null ? '' : localTime(startedAt)) },
  { title: 'TOOK', of: took },
]

const NODES: Column<NodeView>[] = [
  { title: 'NODE', of: ({ name }) => name },
  { title: 'STATE', of: stateCell },
  { title: 'ROLES', of: ({ roles }) => roles.join(',') },
  { title: 'ADDRESS', of: ({ address }) => address },
  { title: 'STEP', of: ({ step }) => step ?? '' },
]

function took({ startedAt, endedAt }: Stage): string {
  if (startedAt === null || endedAt === null) return ''
  return `${Math.max(0, Math.round((Date.parse(endedAt) - Date.parse(startedAt)) / 1_000))}s`
}

function pairsText({ name, pairs }: ClusterView): string {
  if (!pairs) return `not checked: controller cluster precheck ${name}`
  const { fine, checked } = pairs.pairs
  const failures = pairs.hardFailures > 0 ? `, ${pairs.hardFailures} failures` : ''
  return `${fine} of ${checked} pairs fine${failures} (${localTime(pairs.at)})`
}

function agentUpdateLine({ agentUpdate }: ClusterView): [string, string][] {
  if (!agentUpdate) return []
  const { version, state, done, of } = agentUpdate
  return [['Agents', `update to ${version} ${state}: ${done} of ${of} nodes`]]
}

/** `3 of 3 members healthy`, with the names of unhealthy members and of learners. */
function etcdText({ etcd, etcdAt }: ClusterHealth, now: Date): string {
  if (!etcd) return 'unknown: no master answers'
  const unhealthy = etcd
    .filter(({ isHealthy }) => !isHealthy)
    .map(({ name }) => name || 'a member that has not started')
  const learners = etcd.filter(({ isLearner }) => isLearner).map(({ name }) => name)
  const notes = [
    ...(unhealthy.length > 0 ? [`unhealthy: ${unhealthy.join(', ')}`] : []),
    ...learners.map((name) => `${name} is a learner`),
  ]
  const found = `${etcd.length - unhealthy.length} of ${etcd.length} members healthy`
  const asOf = etcdAt === null ? '' : `, as of ${age(etcdAt, now)} ago`
  return `${found}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}${asOf}`
}

/** The operator reports what the KUBERNETES column shows. */
function operatorText({ reportedAt, isCurrent }: ClusterHealth, now: Date): string {
  if (reportedAt === null) return 'has not reported yet'
  return isCurrent
    ? `last report ${age(reportedAt, now)} ago`
    : `no report since ${localTime(reportedAt)}: the state of nodes in Kubernetes is unknown`
}

/** The node's conditions in Kubernetes. */
function healthColumn({ nodes, isCurrent }: ClusterHealth): Column<NodeView> {
  return {
    title: 'KUBERNETES',
    of({ name }) {
      const found = nodes?.find((node) => node.name === name)
      if (found === undefined) return ''
      if (!isCurrent) return 'unknown'
      const pressure = found.unhealthy.filter((type) => type !== 'Ready')
      return [found.ready ? 'Ready' : 'NotReady', ...pressure].join(',')
    },
  }
}

/** What `cluster show` prints. */
export function clusterText(cluster: ClusterView, health: ClusterHealth, now: Date, withCertificates = false): string {
  const { settings } = cluster
  const lines: [string, string][] = [
    ['Name', `${cluster.name} (${cluster.id})`],
    ['Project', cluster.project],
    ['State', `${cluster.state}${notReadyReason(cluster)}`],
    ...settingLines(settings),
    ...(cluster.upgrade
      ? ([[cluster.upgrade.settings ? 'Change' : 'Upgrade', upgradeText(cluster.upgrade)]] as [string, string][])
      : []),
    ['Pairs', pairsText(cluster)],
    ...agentUpdateLine(cluster),
    ['etcd', cluster.state === 'NEW' ? 'not installed yet' : etcdText(health, now)],
    ['Operator', operatorText(health, now)],
  ]
  const head = fields(lines)
  const error = cluster.error ? `\n${problemText(cluster.error)}` : ''
  const problems = problemLines(cluster.problems, now)
  return `${head}${error}${problems && `\n${problems}`}\n${table(cluster.stages, STAGES)}\n${table(cluster.nodes, [...NODES, healthColumn(health)])}${certificatesText(health.certificates, now, withCertificates)}`
}
