import type { UndoReport } from '../../engine/undo-run.ts'
import { subjectOf } from '../../host/change.ts'
import type { ChangeEntry, Numbered } from '../../ledger/entry.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { observe } from '../../snapshot/look/look.ts'
import type { Observer } from '../../snapshot/look/observer.ts'
import { type Unrelated, type Verified, verify } from '../../snapshot/verify.ts'
import type { AgentPaths } from '../paths.ts'
import type { Scope } from '../scope.ts'
import { type Difference, differencesAfter } from './differences.ts'
import { type Kept, knowledgeOf } from './knowledge.ts'
import { otherInstallations } from './other-installations.ts'
import { snapshotFor } from './snapshots.ts'
import type { Workspace } from './workspace.ts'

export interface Compared {
  differences: Difference[]
  /** Changes that Cantrip did not make; each has its reason. */
  unrelated: Unrelated[]
  /** Reasons why parts of the machine were not compared with the snapshot. */
  notCompared: string[]
}

interface Options extends Pick<Workspace, 'machine' | 'ledger'> {
  paths: AgentPaths
  scope: Scope
  observer: Observer | undefined
}

export interface Comparison {
  /** `changes`: the changes to undo; `kept`: what was kept on purpose, now or by an earlier try. */
  end(changes: readonly Numbered<ChangeEntry>[], report: UndoReport, kept: readonly Kept[]): Promise<Compared>
}

const NONE: Verified = { differences: [], unrelated: [], unseen: [] }

/** Open it before the first undo, and end it after the last one, while the ledger still exists. */
export async function openComparison({ paths, scope, machine, ledger, observer }: Options): Promise<Comparison> {
  const before = observer && (await snapshotFor(scope, paths, machine))
  const atUndo = before && (await observe(observer)).snapshot
  return {
    async end(changes, report, kept) {
      if (report.outcome === 'cancelled') return { differences: [], unrelated: [], notCompared: [] }
      const byLedger = await differencesAfter(notKept(changes, report), machine)
      const namedAlready = new Set(byLedger.map(({ what }) => what))
      const others = await otherInstallations(machine, paths)
      const remaining = { kept, leftovers: report.leftovers }
      const known = knowledgeOf(ledger.entries(), remaining, paths, scope, others)
      const { differences, unrelated, unseen } =
        before && atUndo ? await verify(before, observer, { ...known, atUndo }) : NONE
      return {
        differences: [...byLedger, ...differences.filter(({ what }) => !namedAlready.has(what))],
        unrelated,
        notCompared: [
          ...(observer && !before && changes.length > 0 && scope !== 'agent' && scope !== 'baked'
            ? ['there is no snapshot of this machine from before']
            : []),
          ...(observer && changes.length > 0 && scope === 'baked'
            ? ['what the ledger does not name: the snapshot shows the image']
            : []),
          ...unseen.map(({ kind, why }) => `${kind}: ${why}`),
          ...damageOf(ledger),
        ],
      }
    },
  }
}

/** Lost ledger records name no changes: only the snapshot shows whether those were undone. */
function damageOf(ledger: Ledger): string[] {
  const missing = ledger.entries().findLast((entry) => entry.kind === 'damage')?.missing ?? 0
  return missing === 0 ? [] : [`the changes in ${missing} lost ledger records`]
}

function notKept(changes: readonly Numbered<ChangeEntry>[], { kept, leftovers }: UndoReport): Numbered<ChangeEntry>[] {
  const reported = new Set([...kept, ...leftovers].map(({ what }) => what))
  return changes.filter(({ undo }) => !reported.has(subjectOf(undo)))
}
