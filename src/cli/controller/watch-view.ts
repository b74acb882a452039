import type { ClusterView, NodeView } from '../../protocol/admin.ts'

export interface View {
  draw(cluster: ClusterView): void
  /** Lines that stay. */
  tell(lines: readonly string[]): void
  end(): void
}

type Out = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>

/** On a terminal a line a node, redrawn in place under the log; elsewhere the log alone, and each change of state. */
export function drawing(out: Out): View {
  return out.isTTY ? terminalView(out) : plainView(out)
}

function terminalView(out: Out): View {
  let drawn = 0
  const erase = () => {
    if (drawn > 0) out.write(`\x1b[${drawn}A\x1b[0J`)
    drawn = 0
  }
  return {
    draw(cluster) {
      erase()
      const lines = statusLines(cluster).map((line) => line.slice(0, Math.max(20, out.columns - 1)))
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
  return {
    draw(cluster) {
      const now = `cluster ${cluster.name} is ${cluster.state}${waiting(cluster)}`
      if (now !== told) out.write(`${now}\n`)
      told = now
    },
    tell(lines) {
      for (const line of lines) out.write(`${line}\n`)
    },
    end: () => undefined,
  }
}

function waiting({ waitingFor, nodes }: ClusterView): string {
  const isRunning = nodes.some(({ run }) => run?.state === 'open')
  return waitingFor && !isRunning ? `, waiting for ${waitingFor}` : ''
}

/** The cluster, then a line a node: name, state, bar, step. */
export function statusLines(cluster: ClusterView): string[] {
  const width = Math.max(0, ...cluster.nodes.map(({ name }) => name.length))
  return [
    `${cluster.name}: ${cluster.state}${waiting(cluster)}`,
    ...cluster.nodes.map(
      (node) => `  ${node.name.padEnd(width)}  ${node.state.padEnd(12)}  ${bar(node)}${node.step ?? ''}`,
    ),
  ]
}

const WIDTH = 20

function bar({ run, state }: NodeView): string {
  if (!run || run.of === 0 || state !== 'PROVISIONING') return ''
  const filled = Math.round((WIDTH * run.done) / run.of)
  return `[${'#'.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${run.done}/${run.of}  `
}
