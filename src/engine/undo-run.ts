/**
 * Takes changes back, what a boot would start first and then newest first, from what the ledger says: not from plan
 * code, so that it still works after the agent was upgraded. It goes on past an error; a rerun takes up what was left.
 */
import { type ErrorReport, reportOf } from '../base/agent-error.ts'
import { subjectOf } from '../host/change.ts'
import type { Machine } from '../host/machine.ts'
import { isBelow } from '../host/parse/mountinfo.ts'
import type { Undo, UndoKind } from '../host/undo.ts'
import type { ChangeEntry, Numbered } from '../ledger/entry.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type RunState, replay } from '../ledger/replay.ts'
import { carryOut } from '../ledger/undo/carry-out.ts'
import { CNI_STATE } from '../ledger/undo/network/cni-state.ts'
import type { Found } from '../ledger/undo/result.ts'
import type { Emit, Outcome } from './event.ts'

export interface UndoRunsOptions {
  ledger: Ledger
  machine: Machine
  run: string
  /** `reset` or `uninstall`, for the ledger and the events. */
  role: string
  /** Which changes; all without it. The run is undefined where its beginning was lost to damage. */
  select?: (change: ChangeEntry, run: RunState | undefined) => boolean
  emit: Emit
  signal: AbortSignal
}

export interface Leftover {
  what: string
  error: ErrorReport
}

export interface UndoReport {
  outcome: Outcome
  undone: number
  /** What other programs had made, one by one: namespaces, interfaces, chains, mounts, processes, control groups. */
  removed: string[]
  /** Left on purpose, and why: not ours any more, or not ours alone. */
  kept: { what: string; because: string }[]
  /** Could not be taken back: exit code 5, and a rerun tries again. */
  leftovers: Leftover[]
}

const STEP = 'undo/changes'
const PROGRESS_EVERY_MS = 200
const RESTORES: ReadonlySet<UndoKind> = new Set(['restore-file', 'restore-link', 'restore-mode'])
const reload: Undo = { kind: 'daemon-reload' }

export async function undoRuns(options: UndoRunsOptions): Promise<UndoReport> {
  const { ledger, machine, run, role, emit, signal } = options
  const at = () => machine.now().toISOString()
  const changes = selected(options)
  const title = `Undoing ${changes.length} changes`
  const beganAt = machine.now()
  emit({ kind: 'run-started', at: at(), role, steps: [{ id: STEP, title }] })
  await ledger.append({ kind: 'run-begun', run, role, at: at() })
  emit({ kind: 'step-started', at: at(), step: STEP, title })

  const report: UndoReport = { outcome: 'done', undone: 0, removed: [], kept: [], leftovers: [] }
  let fatal: { error: unknown } | undefined
  /** Changes whose undo is one daemon-reload, which stands for all of them at the latest moment that is right. */
  let reloads: Numbered<ChangeEntry>[] = []
  let toldAtMs = beganAt.getTime()
  for (const [index, change] of changes.entries()) {
    if (signal.aborted) break
    const nowMs = machine.now().getTime()
    if (nowMs - toldAtMs >= PROGRESS_EVERY_MS) {
      toldAtMs = nowMs
      emit({ kind: 'step-progress', at: at(), step: STEP, done: index, of: changes.length, unit: 'items' })
    }
    if (change.undo.kind === 'daemon-reload') {
      reloads.push(change)
      continue
    }
    if (change.undo.kind === 'unit' || change.undo.kind === 'run') await flushReloads()
    await takeBack(change.undo, [change])
  }
  await flushReloads()

  const ms = machine.now().getTime() - beganAt.getTime()
  report.outcome = report.leftovers.length > 0 ? 'failed' : signal.aborted ? 'cancelled' : 'done'
  await ledger.append({ kind: 'ended', run, outcome: report.outcome, at: at() })
  const [first] = report.leftovers
  if (first) emit({ kind: 'step-failed', at: at(), step: STEP, error: first.error })
  else if (!signal.aborted) emit({ kind: 'step-done', at: at(), step: STEP, ms })
  emit({ kind: 'run-ended', at: at(), outcome: report.outcome, ms, ...(first && { error: first.error }) })
  return report

  function tellRemoved(removed: readonly string[]): void {
    report.removed.push(...removed)
    for (const one of removed) emit({ kind: 'log', at: at(), level: 'info', message: `removed ${one}` })
  }

  function foundFor(undo: Undo, [change]: Numbered<ChangeEntry>[]): Found | undefined {
    const isByRecords = undo.kind === 'remove-network-namespaces' || ('path' in undo && undo.path === CNI_STATE)
    if (!isByRecords || change === undefined) return undefined
    const { seq } = change
    return {
      known: replay(ledger.entries()).found.get(seq) ?? [],
      async record(names) {
        try {
          await ledger.append({ kind: 'found', change: seq, names })
        } catch (error) {
          // Nothing may go on: what tells that these are ours would be removed next.
          fatal = { error }
          throw error
        }
      },
    }
  }

  async function flushReloads(): Promise<void> {
    const pending = reloads
    reloads = []
    if (pending.length > 0) await takeBack(reload, pending)
  }

  async function takeBack(undo: Undo, standingFor: Numbered<ChangeEntry>[]): Promise<void> {
    const what = subjectOf(undo)
    try {
      const { kept, removed = [] } = (await carryOut(undo, machine, foundFor(undo, standingFor))) ?? {}
      tellRemoved(removed)
      // A directory may not be empty only for what was left over in it: it is looked at again with that.
      if (kept !== undefined && report.leftovers.some((leftover) => isBelow(leftover.what, what))) return
      for (const { seq } of standingFor) {
        const undone = { kind: 'undone', change: seq, ...(kept !== undefined && { kept }) } as const
        // Put back once more, after a power cut, it would have no directory any more.
        if (RESTORES.has(undo.kind)) await ledger.append(undone)
        else ledger.note(undone)
      }
      report.undone += standingFor.length
      if (kept === undefined) return
      if (report.kept.some((one) => one.because === kept)) return
      report.kept.push({ what, because: kept })
      emit({ kind: 'log', at: at(), level: 'warn', message: `left as it is: ${kept}` })
    } catch (error) {
      if (fatal) throw fatal.error
      const leftover = { what, error: reportOf(error) }
      if (report.leftovers.some((one) => one.what === what && one.error.code === leftover.error.code)) return
      report.leftovers.push(leftover)
      emit({
        kind: 'log',
        at: at(),
        level: 'error',
        message: `${leftover.error.message}\n  fix: ${leftover.error.fix}`,
      })
    }
  }
}

function selected({ ledger, select }: UndoRunsOptions): Numbered<ChangeEntry>[] {
  const { outstanding, runs } = replay(ledger.entries())
  const changes = select ? outstanding.filter((change) => select(change, runs.get(change.run))) : outstanding
  return [...changes.filter(startsAtBoot), ...changes.filter((change) => !startsAtBoot(change))]
}

/** These go first: after a power cut in the middle, a boot must not start again what is half taken away. */
function startsAtBoot({ undo }: ChangeEntry): boolean {
  return undo.kind === 'remove-path' && /^\/etc\/systemd\/system\/[^/]+\.wants\//.test(undo.path)
}
