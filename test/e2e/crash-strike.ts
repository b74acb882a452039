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
/** Longer than any work that is struck. */
const LONGEST_MS = 900_000
const SERVICE = 'cantrip-agent.service'

export function recordsOf(node: Node): number {
  try {
    return readFileSync(join(path(node), LEDGER)).reduce((count, byte) => count + (byte === 0x0a ? 1 : 0), 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}

/** As a person would run it, but in a unit of its own, which can be killed with all that it started. */
export function runVerb(node: Node, argv: readonly string[]): Promise<Output> {
  const unit = ['systemd-run', '--quiet', '--wait', '--collect', '--pipe', `--unit=${UNIT}`]
  return exec(node, [...unit, ...argv], { timeoutMs: 240_000 })
}

/**
 * Waits until the ledger has got as many records more as the point says, and cuts the work off: the agent with all that
 * it started, or the power of the whole node, which is switched on again. Whether it came to that before the work ended.
 */
export async function strike(
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
