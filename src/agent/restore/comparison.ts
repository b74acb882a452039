import type { UndoReport } from '../../engine/undo-run.ts'
import { subjectOf } from '../../host/change.ts'
import type { ChangeEntry, Numbered } from '../../ledger/entry.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { observe } from '../../snapshot/look/look.ts'
import type { Observer } from '../../snapshot/look/observer.ts'
import { type Unrelated, type Verified, verify } from '../../snapshot/verify.ts'
import type { AgentPaths } from '../paths.ts'
import type { Scope } from '../scope.ts'
import type { WorkBench } from './bench.ts'
import { type Difference, differencesAfter } from './differences.ts'
import { type Kept, knowledgeOf } from './knowledge.ts'
import { otherInstallations } from './other-installations.ts'
import { snapshotFor } from './snapshots.ts'

export interface Compared {
  differences: Difference[]
  /** Changed for reasons that have nothing to do with us; each says which. */
  unrelated: Unrelated[]
  /** Why less than the whole machine was compared with how it was. */
  notCompared: string[]
}

interface Options extends Pick<WorkBench, 'machine' | 'ledger'> {
  paths: AgentPaths
  scope: Scope
  observer: Observer | undefined
}

export interface Comparison {
  /** `changes`: what was to be taken back; `kept`: what was left on purpose, now or by an earlier try. */
  end(changes: readonly Numbered<ChangeEntry>[], report: UndoReport, kept: readonly Kept[]): Promise<Compared>
}

const NONE: Verified = { differences: [], unrelated: [], unseen: [] }

/** To be opened before anything is taken back, and ended after it, while the ledger is still there. */
export async function openComparison({ paths, scope, machine, ledger, observer }: Options): Promise<Comparison> {
  const before = observer && (await snapshotFor(scope, paths, machine))
  const atUndo = before && (await observe(observer)).snapshot
  return {
    async end(changes, report, kept) {
      if (report.outcome === 'cancelled') return { differences: [], unrelated: [], notCompared: [] }
      const byLedger = await differencesAfter(notKept(changes, report), machine)
      const namedAlready = new Set(byLedger.map(({ what }) => what))
      const others = await otherInstallations(machine, paths)
      const told = { kept, leftovers: report.leftovers }
      const known = knowledgeOf(ledger.entries(), told, paths, scope, others)
      const { differences, unrelated, unseen } =
        before && atUndo ? await verify(before, observer, { ...known, atUndo }) : NONE
      return {
        differences: [...byLedger, ...differences.filter(({ what }) => !namedAlready.has(what))],
        unrelated,
        notCompared: [
          ...(observer && !before && changes.length > 0 && scope !== 'agent'
            ? ['no snapshot of this machine from before is there']
            : []),
          ...unseen.map(({ kind, why }) => `${kind}: ${why}`),
          ...damageOf(ledger),
        ],
      }
    },
  }
}

/** What was lost of the ledger names nothing any more: only the snapshot tells whether it was taken back. */
function damageOf(ledger: Ledger): string[] {
  const missing = ledger.entries().findLast((entry) => entry.kind === 'damage')?.missing ?? 0
  return missing === 0 ? [] : [`what ${missing} lost records of the ledger named`]
}

function notKept(changes: readonly Numbered<ChangeEntry>[], { kept, leftovers }: UndoReport): Numbered<ChangeEntry>[] {
  const told = new Set([...kept, ...leftovers].map(({ what }) => what))
  return changes.filter(({ undo }) => !told.has(subjectOf(undo)))
}
