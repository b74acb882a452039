/**
 * Undoes changes by the ledger alone, without the code of the steps, so that it works after an upgrade of the agent. The
 * links that start units at boot are removed first; the rest follows, newest first. Continues after an error; a rerun
 * retries what is left.
 */
import { type ErrorReport, reportOf } from '../base/agent-error.ts'
import { CNI_STATE } from '../base/kubernetes-paths.ts'
import { subjectOf } from '../host/change.ts'
import type { Machine } from '../host/machine.ts'
import { isBelow } from '../host/parse/mountinfo.ts'
import type { Undo, UndoKind } from '../host/undo.ts'
import type { ChangeEntry, Entry, Numbered } from '../ledger/entry.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type RunState, replay } from '../ledger/replay.ts'
import { carryOut } from '../ledger/undo/carry-out.ts'
import type { Found } from '../ledger/undo/result.ts'
import type { Emit, Outcome } from './event.ts'

export interface UndoRunsOptions {
  ledger: Ledger
  machine: Machine
  run: string
  /** `reset` or `uninstall`, for the ledger and the events. */
  role: string
  /** Selects changes; all by default. `run` is undefined if damage of the ledger lost its beginning. */
  select?: (change: ChangeEntry, run: RunState | undefined) => boolean
  /** Also erases file systems with the volumes of pods. */
  wipeStorage?: boolean
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
  /** Objects of other programs, one by one: namespaces, interfaces, chains, mounts, processes, control groups. */
  removed: string[]
  /** Kept on purpose, and why: changed since by others, or shared with others. */
  kept: { what: string; because: string }[]
  /** Could not be undone: exit code 5, and a rerun retries. */
  leftovers: Leftover[]
}

const STEP = 'undo/changes'
const PROGRESS_EVERY_MS = 200
const RESTORES: ReadonlySet<UndoKind> = new Set(['restore-file', 'restore-link', 'restore-mode'])
const reload: Undo = { kind: 'daemon-reload' }

export async function undoRuns(options: UndoRunsOptions): Promise<UndoReport> {
  const { ledger, machine, run, role, emit, signal, wipeStorage = false } = options
  const at = () => machine.now().toISOString()
  const changes = selected(options)
  const title = `Undoing ${changes.length} changes`
  const beganAt = machine.now()
  emit({ kind: 'run-started', at: at(), role, steps: [{ id: STEP, title }] })
  await ledger.append({ kind: 'run-begun', run, role, at: at() })
  emit({ kind: 'step-started', at: at(), step: STEP, title })

  const report: UndoReport = { outcome: 'done', undone: 0, removed: [], kept: [], leftovers: [] }
  let fatal: { error: unknown } | undefined
  /** Changes whose undo is a daemon-reload. One reload is enough for all of them, as late as possible. */
  let reloads: Numbered<ChangeEntry>[] = []
  let reportedAtMs = beganAt.getTime()
  for (const [index, change] of changes.entries()) {
    if (signal.aborted) break
    const nowMs = machine.now().getTime()
    if (nowMs - reportedAtMs >= PROGRESS_EVERY_MS) {
      reportedAtMs = nowMs
      emit({ kind: 'step-progress', at: at(), step: STEP, done: index, of: changes.length, unit: 'items' })
    }
    if (change.undo.kind === 'daemon-reload') {
      reloads.push(change)
      continue
    }
    if (change.undo.kind === 'unit' || change.undo.kind === 'run') await flushReloads()
    await undoOne(change.undo, [change])
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

  function reportRemoved(removed: readonly string[]): void {
    report.removed.push(...removed)
    for (const one of removed) emit({ kind: 'log', at: at(), level: 'info', message: `removed ${one}` })
  }

  function foundFor(undo: Undo, [change]: Numbered<ChangeEntry>[]): Found {
    const isByRecords = undo.kind === 'remove-network-namespaces' || ('path' in undo && undo.path === CNI_STATE)
    if (!isByRecords || change === undefined) return { known: [], record: async () => undefined }
    const { seq } = change
    return {
      known: replay(ledger.entries()).found.get(seq) ?? [],
      async record(names) {
        try {
          await ledger.append({ kind: 'found', change: seq, names })
        } catch (error) {
          // The undo must stop: it would next remove the records by which these objects are recognized.
          fatal = { error }
          throw error
        }
      },
    }
  }

  async function flushReloads(): Promise<void> {
    const pending = reloads
    reloads = []
    if (pending.length > 0) await undoOne(reload, pending)
  }

  async function undoOne(undo: Undo, covered: Numbered<ChangeEntry>[]): Promise<void> {
    const what = subjectOf(undo)
    try {
      const { kept, removed = [] } = (await carryOut(undo, machine, { ...foundFor(undo, covered), wipeStorage })) ?? {}
      reportRemoved(removed)
      // A leftover inside may be the reason why the directory is not empty: a rerun retries both.
      if (kept !== undefined && report.leftovers.some((leftover) => isBelow(leftover.what, what))) return
      for (const { seq } of covered) {
        const undone = { kind: 'undone', change: seq, ...(kept !== undefined && { kept }) } as const
        // Durable: restored a second time after a power cut, the file would have no directory.
        if (RESTORES.has(undo.kind)) await ledger.append(undone)
        else ledger.note(undone)
      }
      report.undone += covered.length
      if (kept === undefined) return
      if (report.kept.some((one) => one.because === kept)) return
      report.kept.push({ what, because: kept })
      emit({ kind: 'log', at: at(), level: 'warn', message: `kept: ${kept}` })
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

function selected({ ledger, select, wipeStorage }: UndoRunsOptions): Numbered<ChangeEntry>[] {
  const entries = ledger.entries()
  const { outstanding, runs } = replay(entries)
  // An earlier undo has kept the volumes; now they are to be erased.
  const kept = wipeStorage ? keptFileSystems(entries).filter((change) => !outstanding.includes(change)) : []
  const all = [...outstanding, ...kept]
  const changes = select ? all.filter((change) => select(change, runs.get(change.run))) : all
  return [...changes.filter(isStartedAtBoot), ...changes.filter((change) => !isStartedAtBoot(change))]
}

function keptFileSystems(entries: readonly Numbered<Entry>[]): Numbered<ChangeEntry>[] {
  const kept = new Set(
    entries.flatMap((each) => (each.kind === 'undone' && each.kept !== undefined ? each.change : [])),
  )
  return entries.filter(
    (each): each is Numbered<ChangeEntry> =>
      each.kind === 'change' && each.undo.kind === 'file-system' && kept.has(each.seq),
  )
}

/** Undone first: after a power cut, a boot must not start units that are half removed. */
function isStartedAtBoot({ undo }: ChangeEntry): boolean {
  return undo.kind === 'remove-path' && /^\/etc\/systemd\/system\/[^/]+\.wants\//.test(undo.path)
}
