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
  return { outcome: 'done', labels: labels.slice(0, MAX_LABELED_NODES) }
}
