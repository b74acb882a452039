import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import { MOST_NODE_LABELS } from '../../../protocol/api/nodes.ts'
import { MOST_ENTRIES } from '../../../protocol/settings/setting.ts'

/** Kubernetes' own labels that a kubelet can set on its node (NodeRestriction) and does not set by default. */
const GRANTED = /(^|\.)(kubelet|node)\.kubernetes\.io\/|^topology\.kubernetes\.io\/(zone|region)$/
const OF_KUBERNETES = /(^|\.)(kubernetes|k8s)\.io\//

/** Throws if a node would get more labels than an instruction can have. */
export function admitLabelCount(
  ofCluster: Readonly<Record<string, string>>,
  nodes: readonly { name: string; labels: Readonly<Record<string, string>> }[],
): void {
  for (const { name, labels } of nodes) {
    const [own, all] = [Object.keys(labels).length, Object.keys({ ...ofCluster, ...labels }).length]
    if (own <= MOST_NODE_LABELS && all <= MOST_ENTRIES) continue
    throw new AgentError(
      'labels/too-many',
      `found ${own} labels of node ${name}, ${all} with those of its cluster; wanted at most ${MOST_NODE_LABELS}, and ${MOST_ENTRIES}`,
      { fix: 'remove labels of the node or of its cluster', kind: 'invalid' },
    )
  }
}

/** Throws for labels that NodeRestriction forbids: a worker sets its labels as a kubelet, which would not start. */
export function admitLabels(labels: Readonly<Record<string, string>>): void {
  const refused = Object.entries(labels).filter(([key]) => OF_KUBERNETES.test(key) && !GRANTED.test(key))
  if (refused.length === 0) return
  const pairs = refused.map(([key, value]) => `${key}=${value}`)
  throw new AgentError(
    'labels/reserved',
    `found label ${pairs.join(', ')}, which NodeRestriction does not allow a node to set on itself; wanted a label outside kubernetes.io and k8s.io, or one of node.kubernetes.io/*, topology.kubernetes.io/zone, topology.kubernetes.io/region`,
    {
      fix: `omit it, and set it when the cluster is READY: ${command`kubectl label node NODE ${pairs}`}`,
      kind: 'invalid',
    },
  )
}
