import { AgentError } from '../../base/agent-error.ts'
import type { HostView } from '../../host/host.ts'
import { MAX_LABELED_NODES, type Operation } from '../../protocol/wire/operation.ts'
import { notYet, type Outcome } from '../answer.ts'
import { NO_API, read } from '../ask.ts'
import type { KubernetesNode } from './nodes.ts'

/** Only looks. */
export async function nodeLabels(
  host: HostView,
  { label }: Operation & { operation: 'node-labels' },
): Promise<Outcome> {
  const nodes = await read<{ items: KubernetesNode[] }>(host, '/api/v1/nodes')
  if (!nodes) return notYet(NO_API)
  const labels = nodes.items.flatMap(({ metadata: { name, labels = {} } }) => {
    const value = new Map(Object.entries(labels)).get(label)
    return value === undefined ? [] : [{ node: name, value }]
  })
  if (labels.length > MAX_LABELED_NODES) {
    const message = `${labels.length} nodes have the label ${label}; an upgrade can group ${MAX_LABELED_NODES} at most`
    throw new AgentError('upgrade/not-ready', message, { fix: 'omit --group-by', kind: 'refused' })
  }
  return { outcome: 'done', labels }
}
