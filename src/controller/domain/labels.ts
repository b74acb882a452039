import { AgentError } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'

/** Of Kubernetes' own labels those that a kubelet is let give itself (NodeRestriction), and does not give by itself. */
const GRANTED = /(^|\.)(kubelet|node)\.kubernetes\.io\/|^topology\.kubernetes\.io\/(zone|region)$/
const OF_KUBERNETES = /(^|\.)(kubernetes|k8s)\.io\//

/** Throws for labels with which no kubelet would start: a worker has no access to its cluster but as its kubelet. */
export function admitLabels(labels: Readonly<Record<string, string>>): void {
  const refused = Object.entries(labels).filter(([key]) => OF_KUBERNETES.test(key) && !GRANTED.test(key))
  if (refused.length === 0) return
  const pairs = refused.map(([key, value]) => `${key}=${value}`)
  throw new AgentError(
    'labels/reserved',
    `found label ${pairs.join(', ')}, which Kubernetes lets no node give itself; wanted one outside kubernetes.io and k8s.io, or of node.kubernetes.io/*, topology.kubernetes.io/zone, topology.kubernetes.io/region`,
    {
      fix: `leave it out, and once the cluster is READY: ${command`kubectl label node NODE ${pairs}`}`,
      kind: 'invalid',
    },
  )
}
