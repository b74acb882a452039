import { escapeControls } from '../../../base/text/printable.ts'
import type { ClusterView } from '../../../protocol/api/clusters.ts'
import type { View } from './watch-view.ts'

/** One line of JSON for each change of the states of the cluster and its nodes, of its problems, and of what it waits for. */
export function jsonView(out: Pick<NodeJS.WriteStream, 'write'>): View {
  let last = ''
  return {
    draw(cluster) {
      const shown = shownOf(cluster)
      // The times of observations alone are no change.
      const known = JSON.stringify({ ...shown, problems: shown.problems.map(({ code, node }) => [code, node]) })
      if (known !== last) out.write(`${escapeControls(JSON.stringify(shown))}\n`)
      last = known
    },
    log: () => undefined,
    end: () => undefined,
  }
}

function shownOf({ name, state, unknownSince, waitingFor, problems, error, nodes }: ClusterView) {
  const own = nodes.map(({ id, name, state, connected, waitingFor }) => ({ id, name, state, connected, waitingFor }))
  return { name, state, unknownSince, waitingFor, problems, error, nodes: own }
}
