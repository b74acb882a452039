import type { UndoReport } from '../../engine/undo-run.ts'
import { subjectOf } from '../../host/change.ts'
import type { HostView } from '../../host/host.ts'
import type { Undo } from '../../host/undo.ts'
import type { ChangeEntry, Entry, Numbered } from '../../ledger/entry.ts'
import { CNI_STATE } from '../../ledger/undo/network/cni-state.ts'
import { NAMESPACES } from '../../ledger/undo/network/network-namespaces.ts'
import type { Knowledge } from '../../snapshot/verify.ts'
import type { AgentPaths } from '../paths.ts'
import { isIn, type Scope } from '../scope.ts'
import type { OtherInstallations } from './other-installations.ts'

/** The clock of a file system runs in ticks of some milliseconds. */
const MARGIN_MS = 100

const TREES: ReadonlySet<Undo['kind']> = new Set(['remove-tree', 'empty-directory', 'unmount-below'])
/** Others have things of theirs there too. */
const SHARED: ReadonlySet<string> = new Set([NAMESPACES, CNI_STATE])

export type Kept = UndoReport['kept'][number]

/** What the ledger tells of this installation's work, for the comparison of the machine with how it was. */
export function knowledgeOf(
  entries: readonly Numbered<Entry>[],
  { kept, leftovers }: { kept: readonly Kept[]; leftovers: UndoReport['leftovers'] },
  paths: AgentPaths,
  scope: Scope,
  others: OtherInstallations,
): Omit<Knowledge, 'atUndo'> {
  const changes = entries.filter((entry): entry is Numbered<ChangeEntry> => entry.kind === 'change')
  const times = workTimes(entries)
  const stays = scope === 'kubernetes' ? [paths.configDirectory, paths.unit] : []
  const isLine = ({ undo }: ChangeEntry) => undo.kind === 'remove-line'
  return {
    named: new Set(changes.filter((change) => !isLine(change)).flatMap(({ what, undo }) => [what, subjectOf(undo)])),
    trees: changes.flatMap(({ undo }) =>
      TREES.has(undo.kind) && 'path' in undo && !SHARED.has(undo.path) ? [undo.path] : [],
    ),
    shared: new Set(changes.filter(isLine).map(({ undo }) => subjectOf(undo))),
    isWhole: !entries.some(({ kind }) => kind === 'damage'),
    madeByOthers: others.made,
    broughtKubernetes: !others.hasKubernetes && changes.some(({ step }) => isIn('kubernetes', step)),
    wasAtWork: (ms) => times.some(([from, to]) => from - MARGIN_MS <= ms && ms <= to + MARGIN_MS),
    kept,
    left: leftovers,
    own: [paths.stateDirectory, paths.runtimeDirectory, paths.logDirectory, ...stays],
  }
}

/** What was left on purpose, by any taking back so far, and is still there. */
export async function keptSoFar(entries: readonly Numbered<Entry>[], view: HostView): Promise<Kept[]> {
  const changes = new Map(entries.map((entry) => [entry.seq, entry]))
  const kept = new Map<string, Kept>()
  for (const entry of entries) {
    if (entry.kind !== 'undone' || entry.kept === undefined) continue
    const change = changes.get(entry.change)
    const what = change?.kind === 'change' ? subjectOf(change.undo) : ''
    const isGone = what.startsWith('/') && (await view.stat(what)) === undefined
    if (!isGone) kept.set(what, { what, because: entry.kept })
  }
  return [...kept.values()]
}

/** From the beginning of each run to its end; one that a crash cut ends with the next beginning, the last one not yet. */
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
