import { existsSync, rmSync } from 'node:fs'
import { reportOf } from '../../base/agent-error.ts'
import type { Emit } from '../../engine/event.ts'
import { type Leftover, type UndoReport, undoRuns } from '../../engine/undo-run.ts'
import type { Machine } from '../../host/machine.ts'
import type { ChangeEntry } from '../../ledger/entry.ts'
import { replay } from '../../ledger/replay.ts'
import { carryOut } from '../../ledger/undo/carry-out.ts'
import type { Observer } from '../../snapshot/look/observer.ts'
import { dropDamaged, openLinkStore } from '../link/link-state.ts'
import { openOutbox } from '../link/outbox.ts'
import type { AgentPaths } from '../paths.ts'
import { isIn, type Scope } from '../scope.ts'
import { reserveOf } from '../service/reserve.ts'
import type { WorkBench } from './bench.ts'
import { type Compared, openComparison } from './comparison.ts'
import { keptSoFar } from './knowledge.ts'
import { observerOf } from './snapshots.ts'
import { backupsOf, openWorkBench } from './work-bench.ts'

export type { Scope } from '../scope.ts'

export interface TakenBack extends Pick<UndoReport, 'outcome' | 'leftovers' | 'kept' | 'undone' | 'removed'>, Compared {
  restored: boolean
}

export interface TakeBackOptions {
  paths: AgentPaths
  scope: Scope
  run: string
  emit: Emit
  signal: AbortSignal
  /** Looks at the whole machine, for the comparison with how it was; without it only what the ledger names is compared. */
  observer?: Observer
}

/**
 * Takes back what the ledger holds, newest first, then looks whether the machine is as it was before. With the agent
 * gone and nothing left to do, its own directories go too.
 */
export async function takeBack(options: TakeBackOptions): Promise<TakenBack> {
  const { paths, scope } = options
  // On a full disk what is taken back has to be written down first; a service that stays makes the reserve again.
  rmSync(reserveOf(paths), { force: true })
  const bench = await openWorkBench(paths)
  for (const message of bench.ledger.repairs) {
    options.emit({ kind: 'log', at: bench.machine.now().toISOString(), level: 'warn', message })
  }
  if (scope !== 'agent') giveUpInstruction(paths)
  const taken = await takeBackOn(bench, { observer: observerOf(bench.machine), ...options })
  if (scope === 'kubernetes' && taken.outcome === 'done') tellOfReset(paths)
  return taken
}

/** The part of it that has to do with the machine and its ledger, which is closed in any case. */
export async function takeBackOn(
  bench: Pick<WorkBench, 'machine' | 'ledger'>,
  options: TakeBackOptions,
): Promise<TakenBack> {
  const { paths, scope } = options
  let taken: Awaited<ReturnType<typeof undoAndCompare>>
  try {
    taken = await undoAndCompare(bench, options)
  } finally {
    await bench.ledger.close()
  }
  const { report, compared, isEmpty } = taken
  const { outcome, kept, undone, removed } = report
  const isDone = outcome === 'done' && compared.differences.length === 0
  const inOwn = scope === 'all' && isDone && isEmpty ? await removeOwnDirectories(paths, bench.machine) : NOTHING
  const leftovers = [...report.leftovers, ...inOwn.leftovers]
  const restored = isDone && leftovers.length === 0
  return { outcome, restored, leftovers, kept: [...kept, ...inOwn.kept], removed, undone, ...compared }
}

/** Newest first, and then the machine beside how it was. */
export async function undoAndCompare(
  { machine, ledger }: Pick<WorkBench, 'machine' | 'ledger'>,
  { paths, scope, run, emit, signal, observer }: TakeBackOptions,
): Promise<{ report: UndoReport; compared: Compared; isEmpty: boolean }> {
  const select = ({ step }: Pick<ChangeEntry, 'step'>) => isIn(scope, step)
  const changes = replay(ledger.entries()).outstanding.filter(select)
  const role = scope === 'kubernetes' ? 'reset' : 'uninstall'
  const comparison = await openComparison({ paths, scope, machine, ledger, observer })
  const report = await undoRuns({ ledger, machine, run, role, select, emit, signal })
  const kept = await keptSoFar(ledger.entries(), machine)
  const compared = await comparison.end(changes, report, kept)
  return { report: { ...report, kept }, compared, isEmpty: replay(ledger.entries()).outstanding.length === 0 }
}

/** Or the service would go on with it afterwards. The controller is told when it can be reached. */
function giveUpInstruction(paths: AgentPaths): void {
  dropDamaged(paths)
  const link = openLinkStore(paths)
  const open = link.open()
  if (!open) return
  const outbox = openOutbox(paths.outboxFile)
  const error = {
    code: 'run/taken-back',
    message: 'somebody took the work on this node back (agent reset or uninstall)',
    fix: 'provision again when the node is wanted',
  }
  outbox.append({ t: 'result', body: { run: open.run, outcome: 'cancelled', error } })
  outbox.close()
  link.finish()
}

/** The service sends it when it can; a node that has not enrolled has nobody to tell. */
function tellOfReset(paths: AgentPaths): void {
  if (!existsSync(paths.nodeIdentity)) return
  openLinkStore(paths).update({ kubernetesVersion: undefined })
  const outbox = openOutbox(paths.outboxFile)
  outbox.append({ t: 'reset', body: {} })
  outbox.close()
}

const NOTHING: Pick<UndoReport, 'leftovers' | 'kept'> = { leftovers: [], kept: [] }

/** The ledger itself, its backups, and what the service left behind at run time. */
async function removeOwnDirectories(
  { stateDirectory, runtimeDirectory }: AgentPaths,
  machine: Machine,
): Promise<typeof NOTHING> {
  const leftovers: Leftover[] = []
  const kept: UndoReport['kept'] = []
  const trees = [
    // A backup of another user's file is that user's too: our own directory of these goes as a whole.
    { path: backupsOf({ stateDirectory }), all: true },
    { path: stateDirectory },
    { path: runtimeDirectory },
  ]
  for (const tree of trees) {
    const { path } = tree
    try {
      const result = await carryOut({ kind: 'remove-tree', ...tree }, machine)
      if (result?.kept) kept.push({ what: path, because: result.kept })
    } catch (error) {
      leftovers.push({ what: path, error: reportOf(error) })
    }
  }
  return { leftovers, kept }
}
