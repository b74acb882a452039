import { printable } from '../../../base/text/printable.ts'
import type { ClusterView } from '../../../protocol/api/clusters.ts'
import type { NodeView } from '../../../protocol/api/nodes.ts'
import { type Out, redrawnLines } from '../../kit/redrawn-lines.ts'
import { notReadyReason } from '../clusters/problem-text.ts'

export interface View {
  draw(cluster: ClusterView): void
  /** Prints lines that are not redrawn. */
  log(lines: readonly string[]): void
  end(): void
}

/** On a terminal, one line per node, redrawn in place below the log; otherwise the log and each change of state. */
export function watchView(out: Out): View {
  return out.isTTY ? terminalView(out) : plainView(out)
}

/** Above the nodes; `cluster show` has all. */
const MOST_PROBLEMS = 5

function terminalView(out: Out): View {
  const screen = redrawnLines(out)
  return {
    draw: (cluster) => screen.draw(statusLines(cluster, screen.most())),
    log(lines) {
      screen.erase()
      for (const line of lines) out.write(`${line}\n`)
    },
    end: () => undefined,
  }
}

function plainView(out: Out): View {
  let printed = ''
  let known = new Set<string>()
  const waits = new Map<string, string | null>()
  return {
    draw(cluster) {
      const now = `cluster ${cluster.name} is ${cluster.state}${waiting(cluster)}`
      if (now !== printed) out.write(`${now}\n`)
      printed = now
      const problems = cluster.problems.map(({ message }) => printable(message))
      for (const problem of problems) if (!known.has(problem)) out.write(`[!] ${problem}\n`)
      known = new Set(problems)
      for (const { id, name, waitingFor } of cluster.nodes) {
        const isNew = waitingFor && waitingFor !== waits.get(id)
        if (isNew) out.write(`${printable(`node ${name}: waiting for ${waitingFor}`)}\n`)
        waits.set(id, waitingFor)
      }
    },
    log(lines) {
      for (const line of lines) out.write(`${line}\n`)
    },
    end: () => undefined,
  }
}

/** Empty while a connected node has an open run: the line of that node shows the progress. */
function waiting(cluster: ClusterView): string {
  const isRunning = cluster.nodes.some(({ state, run }) => state === 'PROVISIONING' && run?.state === 'open')
  return isRunning ? '' : notReadyReason(cluster)
}

/**
 * The cluster, then one line per node: name, state, progress bar, step. If `most` lines are not enough, nodes that are not
 * READY come first.
 */
export function statusLines(cluster: ClusterView, most = Number.POSITIVE_INFINITY): string[] {
  const { nodes } = cluster
  const width = Math.max(0, ...nodes.map(({ name }) => name.length))
  const head = `${cluster.name}: ${cluster.state}${waiting(cluster)}`
  const problems = cluster.state === 'DEGRADED' ? cluster.problems.slice(0, MOST_PROBLEMS) : []
  const heads = [head, ...problems.map(({ message }) => printable(`  [!] ${message}`))]
  const line = (node: NodeView) =>
    printable(`  ${node.name.padEnd(width)}  ${node.state.padEnd(12)}  ${bar(node)}${node.step ?? ''}`)
  if (nodes.length + heads.length <= most) return [...heads, ...nodes.map(line)]
  if (most < 2) return [head]
  const notReadyFirst = [...nodes].sort((a, b) => Number(a.state === 'READY') - Number(b.state === 'READY'))
  const above = heads.slice(0, most - 1)
  const shown = notReadyFirst.slice(0, Math.max(0, most - 1 - above.length))
  return [...above, ...shown.map(line), `  … and ${nodes.length - shown.length} more`]
}

const WIDTH = 20

function bar({ run, state }: NodeView): string {
  if (!run || run.of === 0 || state !== 'PROVISIONING') return ''
  const filled = Math.round((WIDTH * run.done) / run.of)
  return `[${'#'.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${run.done}/${run.of}  `
}
