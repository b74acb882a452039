import { command } from '../../base/command.ts'
import type { Check, CheckParams, Verdict } from '../../engine/checks/check.ts'
import type { HostView } from '../../host/host.ts'
import { ifReadable } from '../../host/kernel/processes.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { decodeRecords } from '../../ledger/record-format.ts'
import { type Replayed, type RunState, replay } from '../../ledger/replay.ts'

export const check: Check = {
  id: 'unfinished-run',
  title: 'No unfinished run',
  hard: false,
  why: 'An interrupted installation or provisioning left changes on this machine. The ledger records each of them, so the run can be continued or undone.',
  remedy: 'Run the same command again, or undo it with agent uninstall.',
  timeoutMs: 15_000,
  async look(host: HostView, { ownStateDirectory }: CheckParams): Promise<Verdict> {
    // Only root can read the ledger, and only root can have started a run.
    const text = await ifReadable(() => host.read(`${ownStateDirectory}/ledger/ledger.jsonl`))
    if (text === undefined) return { kind: 'pass', found: 'none' }
    const replayed = replay(decodeRecords(Buffer.from(text)).entries)
    const run = unfinishedRun(replayed)
    if (run === undefined) return { kind: 'pass', found: 'none' }
    const name = ownStateDirectory.split('/').at(-1) ?? ''
    const agent = `${name}-agent`
    if (await isUnitActive(host, `${agent}.service`))
      return { kind: 'pass', found: `${agent} is working on ${run.role}` }
    return {
      kind: 'warn',
      found: `${run.role} of ${run.at} ${ENDS[run.outcome ?? 'cut-off']}, with ${replayed.outstanding.length} changes in place`,
      wanted: 'each run finished or undone',
      fix:
        run.role in CONTINUE
          ? `continue: ${CONTINUE[run.role]}; or undo it: agent uninstall`
          : `continue: ${command`systemctl start ${agent}`}; or undo it: agent reset, or agent uninstall`,
    }
  },
}

/** How to continue a run that a user started, by the name of the run in the ledger. */
const CONTINUE: Readonly<Record<string, string>> = {
  install: 'run the installation again with the same credentials',
  mend: 'agent precheck --fix',
}

const ENDS = {
  'cut-off': 'was interrupted',
  failed: 'failed',
  indeterminate: 'has no known outcome',
  cancelled: 'was stopped',
}

type Unfinished = RunState & { outcome?: keyof typeof ENDS }

/** A run without an end, or the last run if it did not succeed and its changes are still in place. */
function unfinishedRun({ openRun, runs, outstanding }: Replayed): Unfinished | undefined {
  const last = openRun ?? [...runs.values()].at(-1)
  if (last === undefined || outstanding.length === 0 || last.outcome === 'done') return undefined
  return last as Unfinished
}
