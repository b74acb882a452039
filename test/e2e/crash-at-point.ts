import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { exec, type Node, path } from '../support/testbed/machine.ts'
import { boot, kill } from '../support/testbed/nodes.ts'
import type { Output } from '../support/testbed/run.ts'
import { waitFor } from '../support/wait-for.ts'
import type { Point } from './crash-plan.ts'

const LEDGER = 'var/lib/cantrip/ledger/ledger.jsonl'
const UNIT = 'crash-verb'
const LOOK_MS = 2
/** Longer than any work that is interrupted. */
const LONGEST_MS = 900_000
const SERVICE = 'cantrip-agent.service'

function recordsOf(node: Node): number {
  try {
    return readFileSync(join(path(node), LEDGER)).reduce((count, byte) => count + (byte === 0x0a ? 1 : 0), 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}

/** Runs a command in its own unit, so that it can be killed with all the processes that it started. */
export function runVerb(node: Node, argv: readonly string[]): Promise<Output> {
  const unit = ['systemd-run', '--quiet', '--wait', '--collect', '--pipe', `--unit=${UNIT}`]
  return exec(node, [...unit, ...argv], { timeoutMs: 240_000 })
}

/**
 * Waits until the ledger has grown by the records of the point, and then kills the agent with all its processes, or cuts
 * the power of the node and boots it again. Returns false if the work ended first.
 */
export async function crashAt(
  node: Node,
  { kind, records, afterMs }: Point,
  whose: 'verb' | 'service',
  hasEnded: () => boolean,
): Promise<boolean> {
  const before = recordsOf(node)
  await waitFor(
    `${records} records more in the ledger of ${node.name}, or the end of the work`,
    () => hasEnded() || recordsOf(node) >= before + records,
    { withinMs: LONGEST_MS, everyMs: LOOK_MS },
  )
  if (hasEnded()) return false
  await sleep(afterMs)
  if (hasEnded()) return false
  if (kind === 'kill') {
    const unit = whose === 'verb' ? `${UNIT}.service` : SERVICE
    await exec(node, ['systemctl', 'kill', '--kill-whom=all', '--signal=KILL', unit])
    return true
  }
  await kill(node)
  await boot(node)
  return true
}
