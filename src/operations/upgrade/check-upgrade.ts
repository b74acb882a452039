import type { HostView } from '../../host/host.ts'
import { minorsAhead } from '../../protocol/kubernetes-version.ts'
import {
  ETCD_SILENT,
  MAX_UPGRADE_FINDINGS,
  type Operation,
  type UpgradeFinding,
} from '../../protocol/wire/operation.ts'
import { askApi } from '../../provision/api/api.ts'
import { notYet, type Outcome } from '../answer.ts'
import { NO_API, read } from '../ask.ts'
import { lookAtMembers } from '../etcd/etcd-status.ts'
import { type BudgetStatus, budgetFindings } from './budgets.ts'
import { etcdFindings } from './etcd.ts'
import { blocks } from './finding.ts'
import { addressOf, isMaster, type KubernetesNode, nodeFindings } from './nodes.ts'
import { type DeprecatedApi, deprecatedApis, removedApiFindings } from './removed-apis.ts'

/** Only looks. What blocks comes first. */
export async function checkUpgrade(
  host: HostView,
  { version }: Operation & { operation: 'check-upgrade' },
): Promise<Outcome> {
  const [current, nodes, budgets, members] = await Promise.all([
    read<{ gitVersion: string }>(host, '/version'),
    read<{ items: KubernetesNode[] }>(host, '/api/v1/nodes'),
    read<{ items: BudgetStatus[] }>(host, '/apis/policy/v1/poddisruptionbudgets'),
    lookAtMembers(host),
  ])
  if (!current || !nodes || !budgets) return notYet(NO_API)
  if (!members) return notYet(ETCD_SILENT)
  const found = [
    ...stepFindings(current.gitVersion, version),
    ...nodes.items.flatMap((node) => nodeFindings(node, version)),
    ...etcdFindings(members),
    ...(await apiFindings(host, nodes.items.filter(isMaster), version)),
    ...budgetFindings(budgets.items),
  ]
  const findings = found.sort((a, b) => Number(b.level === 'blocks') - Number(a.level === 'blocks'))
  return { outcome: 'done', findings: findings.slice(0, MAX_UPGRADE_FINDINGS) }
}

/** Kubernetes is upgraded from one minor version to the next, or within one. */
function stepFindings(current: string, version: string): UpgradeFinding[] {
  const ahead = minorsAhead(current, version)
  if (ahead === 0 || ahead === 1) return []
  const message = `the API server is ${current}; wanted ${version} to be of the same minor version or the next one`
  return [blocks('upgrade/wrong-step', message, 'upgrade to the next minor version first, and never to an earlier one')]
}

/** Each API server counts the requests that it answered itself. */
async function apiFindings(
  host: HostView,
  masters: readonly KubernetesNode[],
  version: string,
): Promise<UpgradeFinding[]> {
  const seen: DeprecatedApi[] = []
  const findings: UpgradeFinding[] = []
  const look = async (master: KubernetesNode) => {
    const { name } = master.metadata
    const address = addressOf(master)
    const answer = address === undefined ? undefined : await askApi(host, { node: { address } }, '/metrics')
    if (answer?.status === 200) seen.push(...deprecatedApis(answer.body))
    else {
      const fix = `see why on ${name}: crictl ps -a --name kube-apiserver`
      findings.push(blocks('upgrade/api-away', `the API server of ${name} does not answer; wanted all to answer`, fix))
    }
  }
  await Promise.all(masters.map(look))
  return [...findings, ...removedApiFindings(seen, version)]
}
