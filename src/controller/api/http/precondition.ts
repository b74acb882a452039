import { AgentError } from '../../../base/agent-error.ts'
import type { ClusterData } from '../../domain/draft.ts'
import { nodeOf } from '../../nodes/find.ts'
import type { Precondition } from '../../ports.ts'
import { clusterRevision, nodeRevision } from '../../views/revision.ts'
import { revisionsIn } from './entity-tags.ts'

/** What a request with If-Match wants: that the cluster, or the node with this id, still has a revision. */
export function preconditionOf(ifMatch: string, nodeId: string | undefined): Precondition {
  const wanted = revisionsIn(ifMatch)
  return {
    isMet: false,
    check(data) {
      const { what, revision } = presentIn(data, nodeId)
      if (wanted.includes('*') || wanted.includes(revision)) return
      throw new AgentError('precondition/failed', `${what} has changed: its revision is ${revision}`, {
        fix: 'read it again, decide again, and send the ETag of that answer as If-Match',
        kind: 'invalid',
        facts: { revision },
      })
    },
  }
}

function presentIn(data: ClusterData, nodeId: string | undefined): { what: string; revision: string } {
  if (nodeId === undefined) return { what: `cluster ${data.cluster.name}`, revision: clusterRevision(data.cluster) }
  const node = nodeOf(data, nodeId)
  return { what: `node ${node.name}`, revision: nodeRevision(node) }
}
