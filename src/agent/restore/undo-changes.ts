import { existsSync, rmSync } from 'node:fs'
import { reportOf } from '../../base/agent-error.ts'
import type { Emit } from '../../engine/event.ts'
import { type Leftover, type UndoReport, undoRuns } from '../../engine/undo-run.ts'
import type { Machine } from '../../host/machine.ts'
import { BAKE_STEPS } from '../../ledger/baked.ts'
import type { ChangeEntry } from '../../ledger/entry.ts'
import { replay } from '../../ledger/replay.ts'
import { carryOut } from '../../ledger/undo/carry-out.ts'
import type { Observer } from '../../snapshot/look/observer.ts'
import { dropDamaged, openLinkStore } from '../link/link-state.ts'
import { openOutbox } from '../link/outbox.ts'
import type { AgentPaths } from '../paths.ts'
import { isIn, type Scope } from '../scope.ts'
import { reserveOf } from '../service/reserve.ts'
import { type Compared, openComparison } from './comparison.ts'
import { keptSoFar } from './knowledge.ts'
import { backupsOf, openWorkspace } from './open-workspace.ts'
import { observerOf } from './snapshots.ts'
import type { Workspace } from './workspace.ts'

export type { Scope } from '../scope.ts'

export interface UndoResult
  extends Pick<UndoReport, 'outcome' | 'leftovers' | 'kept' | 'undone' | 'removed'>,
    Compared {
  restored: boolean
}

export interface UndoOptions {
  paths: AgentPaths
  scope: Scope
  /** Also erases file systems with the volumes of pods. */
  wipeStorage?: boolean
  run: string
  emit: Emit
  signal: AbortSignal
  /** Observes the whole machine, to compare it with the snapshot. Without it, only what the ledger names is compared. */
  observer?: Observer
}

/**
 * Undoes the changes in the ledger, newest first, then compares the machine with its state before. After a complete
 * uninstallation it also removes the agent's own directories.
 */
export async function undoChanges(options: UndoOptions): Promise<UndoResult> {
  const { paths, scope } = options
  // Frees space for ledger records on a full disk. A service that stays creates the reserve again.
  rmSync(reserveOf(paths), { force: true })
  const workspace = await openWorkspace(paths)
  for (const message of workspace.ledger.repairs) {
    options.emit({ kind: 'log', at: workspace.machine.now().toISOString(), level: 'warn', message })
  }
  if (scope !== 'agent') cancelInstruction(paths)
  const result = await undoChangesOn(workspace, { observer: observerOf(workspace.machine), ...options })
  if (scope === 'kubernetes' && result.outcome === 'done') reportReset(paths)
  return result
}

/** Like `undoChanges`, on an open workspace. Closes the ledger, also on errors. */
export async function undoChangesOn(
  workspace: Pick<Workspace, 'machine' | 'ledger'>,
  options: UndoOptions,
): Promise<UndoResult> {
  const { paths, scope } = options
  let ended: Awaited<ReturnType<typeof undoAndCompare>>
  try {
    ended = await undoAndCompare(workspace, options)
  } finally {
    await workspace.ledger.close()
  }
  const { report, compared, isEmpty, isAllBaked } = ended
  const { outcome, kept, undone, removed } = report
  const isDone = outcome === 'done' && compared.differences.length === 0
  const isWhole = isDone && (scope === 'all' || scope === 'baked')
  const inOwn = isWhole && isEmpty ? await removeOwnDirectories(paths, workspace.machine) : NOTHING
  // The ledger of an image has what was baked, and stays.
  if (isWhole && !isEmpty && isAllBaked) await removeOwnState(paths, workspace.machine)
  const leftovers = [...report.leftovers, ...inOwn.leftovers]
  const restored = isDone && leftovers.length === 0
  return { outcome, restored, leftovers, kept: [...kept, ...inOwn.kept], removed, undone, ...compared }
}

/** Undoes the changes, newest first, and compares the machine with its state before. */
export async function undoAndCompare(
  { machine, ledger }: Pick<Workspace, 'machine' | 'ledger'>,
  { paths, scope, run, emit, signal, observer, wipeStorage = false }: UndoOptions,
): Promise<{ report: UndoReport; compared: Compared; isEmpty: boolean; isAllBaked: boolean }> {
  const select = ({ step }: Pick<ChangeEntry, 'step'>) => isIn(scope, step)
  const changes = replay(ledger.entries()).outstanding.filter(select)
  const role = scope === 'kubernetes' ? 'reset' : 'uninstall'
  const comparison = await openComparison({ paths, scope, machine, ledger, observer })
  const report = await undoRuns({ ledger, machine, run, role, select, wipeStorage, emit, signal })
  const kept = await keptSoFar(ledger.entries(), machine)
  const compared = await comparison.end(changes, report, kept)
  const { outstanding } = replay(ledger.entries())
  const isAllBaked = outstanding.every(({ step }) => step.startsWith(BAKE_STEPS))
  return { report: { ...report, kept }, compared, isEmpty: outstanding.length === 0, isAllBaked }
}

/** Cancels the open instruction, which the service would otherwise continue, and forgets the last one. Its result is sent when the link is up. */
function cancelInstruction(paths: AgentPaths): void {
  dropDamaged(paths)
  const link = openLinkStore(paths)
  link.forget()
  const open = link.open()
  if (!open) return
  const outbox = openOutbox(paths.outboxFile)
  const error = {
    code: 'run/taken-back',
    message: 'the changes on this node were undone on the node (agent reset or agent uninstall)',
    fix: 'provision the node again if it is needed',
  }
  outbox.append({ t: 'result', body: { run: open.run, outcome: 'cancelled', error } })
  outbox.close()
  link.finish()
}

/** Queues a message for the controller that this node was reset. A node that has not enrolled sends none. */
function reportReset(paths: AgentPaths): void {
  if (!existsSync(paths.nodeIdentity)) return
  openLinkStore(paths).update({ kubernetesVersion: undefined })
  const outbox = openOutbox(paths.outboxFile)
  outbox.append({ t: 'reset', body: {} })
  outbox.close()
}

const NOTHING: Pick<UndoReport, 'leftovers' | 'kept'> = { leftovers: [], kept: [] }

/** Removes what the agent knew as a node, so that the machine can become another one. */
async function removeOwnState(paths: AgentPaths, machine: Machine): Promise<void> {
  const { stateDirectory, ledgerDirectory } = paths
  const kept = [ledgerDirectory, backupsOf(paths)]
  for (const name of (await machine.list(stateDirectory)) ?? []) {
    const path = `${stateDirectory}/${name}`
    if (kept.includes(path)) continue
    if ((await machine.stat(path))?.kind === 'directory') await machine.removeTree(path)
    else await machine.unlink(path)
  }
}

/** Removes the ledger, its backups, and the runtime directory of the service. */
async function removeOwnDirectories(
  { stateDirectory, runtimeDirectory }: AgentPaths,
  machine: Machine,
): Promise<typeof NOTHING> {
  const leftovers: Leftover[] = []
  const kept: UndoReport['kept'] = []
  const trees = [
    // Backups may belong to other users, but the directory is Cantrip's own, so all of it is removed.
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
