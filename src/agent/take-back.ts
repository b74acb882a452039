import type { Emit } from '../engine/event.ts'
import { type UndoReport, undoRuns } from '../engine/undo-run.ts'
import { subjectOf } from '../host/change.ts'
import type { Machine } from '../host/machine.ts'
import type { ChangeEntry, Numbered } from '../ledger/entry.ts'
import { replay } from '../ledger/replay.ts'
import { type Difference, differencesAfter } from './differences.ts'
import { readIdentity } from './identity.ts'
import { openLinkStore } from './link-state.ts'
import { openOutbox } from './outbox.ts'
import type { AgentPaths } from './paths.ts'
import { isIn, type Scope } from './scope.ts'
import { openWorkBench, type WorkBench } from './work-bench.ts'

export type { Scope } from './scope.ts'

export interface TakenBack extends Pick<UndoReport, 'outcome' | 'leftovers' | 'kept' | 'undone'> {
  restored: boolean
  differences: Difference[]
}

export interface TakeBackOptions {
  paths: AgentPaths
  scope: Scope
  run: string
  emit: Emit
  signal: AbortSignal
}

/**
 * Takes back what the ledger holds, newest first, then looks whether each thing is as it was before. With the agent
 * gone and nothing left to do, its own directories go too.
 */
export async function takeBack(options: TakeBackOptions): Promise<TakenBack> {
  const { paths, scope } = options
  const bench = await openWorkBench(paths)
  if (scope !== 'agent') giveUpInstruction(paths)
  const taken = await takeBackOn(bench, options)
  if (scope === 'kubernetes' && taken.outcome === 'done') tellOfReset(paths)
  return taken
}

/** The part of it that has to do with the machine and its ledger, which is closed in any case. */
export async function takeBackOn(
  { machine, ledger }: Pick<WorkBench, 'machine' | 'ledger'>,
  { paths, scope, run, emit, signal }: TakeBackOptions,
): Promise<TakenBack> {
  let report: UndoReport
  let differences: Difference[]
  let isEmpty: boolean
  try {
    const select = ({ step }: Pick<ChangeEntry, 'step'>) => isIn(scope, step)
    const changes = replay(ledger.entries()).outstanding.filter(select)
    const role = scope === 'kubernetes' ? 'reset' : 'uninstall'
    report = await undoRuns({ ledger, machine, run, role, select, emit, signal })
    differences = report.outcome === 'cancelled' ? [] : await differencesAfter(notKept(changes, report), machine)
    isEmpty = replay(ledger.entries()).outstanding.length === 0
  } finally {
    await ledger.close()
  }
  const { outcome, leftovers, kept, undone } = report
  const restored = outcome === 'done' && leftovers.length === 0 && differences.length === 0
  if (scope === 'all' && restored && isEmpty) await removeOwnDirectories(paths, machine)
  return { outcome, restored, differences, leftovers, kept, undone }
}

/** Or the service would go on with it afterwards. The controller is told when it can be reached. */
function giveUpInstruction(paths: AgentPaths): void {
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
  if (!readIdentity(paths)) return
  openLinkStore(paths).update({ kubernetesVersion: undefined })
  const outbox = openOutbox(paths.outboxFile)
  outbox.append({ t: 'reset', body: {} })
  outbox.close()
}

function notKept(changes: Numbered<ChangeEntry>[], { kept, leftovers }: UndoReport): Numbered<ChangeEntry>[] {
  const told = new Set([...kept, ...leftovers].map(({ what }) => what))
  return changes.filter(({ undo }) => !told.has(subjectOf(undo)))
}

/** The ledger itself, its backups, and what the service left behind at run time. */
async function removeOwnDirectories({ stateDirectory, runtimeDirectory }: AgentPaths, machine: Machine): Promise<void> {
  for (const path of [stateDirectory, runtimeDirectory]) {
    if ((await machine.stat(path)) !== undefined) await machine.removeTree(path)
  }
}
