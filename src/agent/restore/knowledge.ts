import { CNI_STATE, NETWORK_NAMESPACES } from '../../base/kubernetes-paths.ts'
import type { UndoReport } from '../../engine/undo-run.ts'
import { subjectOf } from '../../host/change.ts'
import type { HostView } from '../../host/host.ts'
import type { Undo } from '../../host/undo.ts'
import { BAKE_STEPS, BUNDLE_STEPS } from '../../ledger/baked.ts'
import type { ChangeEntry, Entry, Numbered } from '../../ledger/entry.ts'
import { replay } from '../../ledger/replay.ts'
import type { Knowledge } from '../../snapshot/verify.ts'
import type { AgentPaths } from '../paths.ts'
import { isIn, type Scope } from '../scope.ts'
import type { OtherInstallations } from './other-installations.ts'

/** Timestamps of a file system have a resolution of some milliseconds. */
const MARGIN_MS = 100

const TREES: ReadonlySet<Undo['kind']> = new Set(['remove-tree', 'empty-directory', 'unmount-below'])
/** Directories in which other programs keep files, too. */
const SHARED_DIRECTORIES: ReadonlySet<string> = new Set([NETWORK_NAMESPACES, CNI_STATE])

export type Kept = UndoReport['kept'][number]

/** What the ledger records about this installation, for the comparison of the machine with the snapshot. */
export function knowledgeOf(
  entries: readonly Numbered<Entry>[],
  { kept, leftovers }: { kept: readonly Kept[]; leftovers: UndoReport['leftovers'] },
  paths: AgentPaths,
  scope: Scope,
  others: OtherInstallations,
): Omit<Knowledge, 'atUndo'> {
  const changes = entries.filter((entry): entry is Numbered<ChangeEntry> => entry.kind === 'change')
  const times = workTimes(entries)
  const stays = scope === 'kubernetes' ? [paths.configDirectory, paths.unit] : scope === 'all' ? bakedOf(entries) : []
  const isLine = ({ undo }: ChangeEntry) => undo.kind === 'remove-line'
  return {
    named: new Set(changes.filter((change) => !isLine(change)).flatMap(({ what, undo }) => [what, subjectOf(undo)])),
    trees: changes.flatMap(({ undo }) =>
      TREES.has(undo.kind) && 'path' in undo && !SHARED_DIRECTORIES.has(undo.path) ? [undo.path] : [],
    ),
    shared: new Set(changes.filter(isLine).map(({ undo }) => subjectOf(undo))),
    isLedgerComplete: !entries.some(({ kind }) => kind === 'damage'),
    changedByOthers: others.changed,
    provisionedKubernetes: !others.hasKubernetes && changes.some(({ step }) => isIn('kubernetes', step)),
    isDuringRun: (ms) => times.some(([from, to]) => from - MARGIN_MS <= ms && ms <= to + MARGIN_MS),
    kept,
    left: leftovers,
    own: [paths.stateDirectory, paths.runtimeDirectory, paths.logDirectory, paths.dayZeroDirectory, ...stays],
  }
}

/**
 * What was baked belongs to the image and stays. It may differ from before, because the agent was updated, and its units ran.
 * The files of a bundle are as before: a copy is kept of those that an upgrade replaces.
 */
function bakedOf(entries: readonly Numbered<Entry>[]): string[] {
  const baked = replay(entries).outstanding.filter(
    ({ step }) => step.startsWith(BAKE_STEPS) && !step.startsWith(BUNDLE_STEPS),
  )
  return baked.flatMap(({ what, undo }) => [what, subjectOf(undo)])
}

/** What any undo so far has kept on purpose, and still exists. What was kept at first can be undone later, such as volumes. */
export async function keptSoFar(entries: readonly Numbered<Entry>[], view: HostView): Promise<Kept[]> {
  const changes = new Map(entries.map((entry) => [entry.seq, entry]))
  const byChange = new Map<number, Kept>()
  for (const entry of entries) {
    if (entry.kind !== 'undone') continue
    const change = changes.get(entry.change)
    const what = change?.kind === 'change' ? subjectOf(change.undo) : ''
    byChange.delete(entry.change)
    if (entry.kept !== undefined) byChange.set(entry.change, { what, because: entry.kept })
  }
  const kept = new Map<string, Kept>()
  for (const each of byChange.values()) {
    const isGone = each.what.startsWith('/') && (await view.stat(each.what)) === undefined
    if (!isGone) kept.set(each.what, each)
  }
  return [...kept.values()]
}

/** Begin and end of each run. An interrupted run ends where the next one begins; the last run may not have ended. */
function workTimes(entries: readonly Entry[]): [from: number, to: number][] {
  const times: [number, number][] = []
  for (const entry of entries) {
    if (entry.kind !== 'run-begun' && entry.kind !== 'ended') continue
    const at = Date.parse(entry.at)
    const last = times.at(-1)
    if (last && last[1] === Number.POSITIVE_INFINITY) last[1] = at
    if (entry.kind === 'run-begun') times.push([at, Number.POSITIVE_INFINITY])
  }
  return times
}
