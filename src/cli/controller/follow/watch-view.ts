import { printable } from '../../../base/text/printable.ts'
import type { ClusterView } from '../../../protocol/api/clusters.ts'
import type { NodeView } from '../../../protocol/api/nodes.ts'
import { lackOf } from '../clusters/problem-text.ts'

export interface View {
  draw(cluster: ClusterView): void
  /** Lines that stay. */
  tell(lines: readonly string[]): void
  end(): void
}

type Out = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns' | 'rows'>

/** On a terminal a line a node, redrawn in place under the log; elsewhere the log alone, and each change of state. */
export function drawing(out: Out): View {
  return out.isTTY ? terminalView(out) : plainView(out)
}

/** Of a terminal that does not tell, as a serial line's. */
const USUAL = { columns: 80, rows: 24 }

function terminalView(out: Out): View {
  let drawn = 0
  const erase = () => {
    if (drawn > 0) out.write(`\x1b[${drawn}A\x1b[0J`)
    drawn = 0
  }
  return {
    draw(cluster) {
      erase()
      // What has scrolled away, or was broken into two lines, could not be erased.
      const width = Math.max(20, (out.columns || USUAL.columns) - 1)
      const lines = statusLines(cluster, (out.rows || USUAL.rows) - 1).map((line) => line.slice(0, width))
      out.write(lines.map((line) => `${line}\n`).join(''))
      drawn = lines.length
    },
    tell(lines) {
      erase()
      for (const line of lines) out.write(`${line}\n`)
    },
    end: () => undefined,
  }
}

function plainView(out: Out): View {
  let told = ''
  const waits = new Map<string, string | null>()
  return {
    draw(cluster) {
      const now = `cluster ${cluster.name} is ${cluster.state}${waiting(cluster)}`
      if (now !== told) out.write(`${now}\n`)
      told = now
      for (const { id, name, waitingFor } of cluster.nodes) {
        const isNews = waitingFor && waitingFor !== waits.get(id)
        if (isNews) out.write(`${printable(`node ${name}: waiting for ${waitingFor}`)}\n`)
        waits.set(id, waitingFor)
      }
    },
    tell(lines) {
      for (const line of lines) out.write(`${line}\n`)
    },
    end: () => undefined,
  }
}

/** What a run does is shown beside its node; one of a node that is away says nothing of how things go on. */
function waiting(cluster: ClusterView): string {
  const isRunning = cluster.nodes.some(({ state, run }) => state === 'PROVISIONING' && run?.state === 'open')
  return isRunning ? '' : lackOf(cluster)
}

/** The cluster, then a line a node: name, state, bar, step. Of too many for `most` lines, those that are not READY. */
export function statusLines(cluster: ClusterView, most = Number.POSITIVE_INFINITY): string[] {
  const { nodes } = cluster
  const width = Math.max(0, ...nodes.map(({ name }) => name.length))
  const head = `${cluster.name}: ${cluster.state}${waiting(cluster)}`
  const line = (node: NodeView) =>
    printable(`  ${node.name.padEnd(width)}  ${node.state.padEnd(12)}  ${bar(node)}${node.step ?? ''}`)
  if (nodes.length < most) return [head, ...nodes.map(line)]
  if (most < 2) return [head]
  const byNeed = [...nodes].sort((a, b) => Number(a.state === 'READY') - Number(b.state === 'READY'))
  const shown = byNeed.slice(0, most - 2)
  return [head, ...shown.map(line), `  … and ${nodes.length - shown.length} more`]
}

const WIDTH = 20

function bar({ run, state }: NodeView): string {
  if (!run || run.of === 0 || state !== 'PROVISIONING') return ''
  const filled = Math.round((WIDTH * run.done) / run.of)
  return `[${'#'.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${run.done}/${run.of}  `
}
