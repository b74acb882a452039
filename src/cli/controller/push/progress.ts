import { printable } from '../../../base/text/printable.ts'
import { type Out, redrawnLines } from '../../kit/redrawn-lines.ts'
import type { InventoryHost } from '../inventory/host.ts'
import type { HostResult } from './host-result.ts'

export interface Progress {
  stage(host: InventoryHost, stage: string): void
  result(result: HostResult): void
  end(): void
}

/** On a terminal a line for each host that is at work, and what the others are; otherwise a line for each change. */
export function pushProgress(out: Out, hosts: readonly InventoryHost[]): Progress {
  return out.isTTY ? onTerminal(out, hosts) : inLines(out)
}

function inLines(out: Out): Progress {
  const line = (text: string) => void out.write(`${printable(text)}\n`)
  return {
    stage: ({ name }, stage) => line(`${name}: ${stage}`),
    result: (result) => line(`${result.name}: ${came(result)}`),
    end: () => undefined,
  }
}

function onTerminal(out: Out, hosts: readonly InventoryHost[]): Progress {
  const screen = redrawnLines(out)
  const atWork = new Map<string, string>()
  const width = Math.max(0, ...hosts.map(({ name }) => name.length))
  let done = 0
  const lineOf = (name: string, text: string) => printable(`  ${name.padEnd(width)}  ${text}`)
  const draw = () => {
    const head = `${done} of ${hosts.length} hosts`
    const lines = [...atWork].map(([name, stage]) => lineOf(name, stage))
    screen.draw([head, ...lines.slice(0, Math.max(0, screen.most() - 1))])
  }
  return {
    stage({ name }, stage) {
      atWork.set(name, stage)
      draw()
    },
    result(result) {
      atWork.delete(result.name)
      done++
      screen.erase()
      out.write(`${lineOf(result.name, came(result))}\n`)
      draw()
    },
    end: () => screen.erase(),
  }
}

const came = ({ outcome, error, seconds }: HostResult) =>
  `${outcome}${error ? `: ${error.message.split('\n')[0]}` : ''} (${seconds.toFixed(1)} s)`
