import type { HostView } from '../host/host.ts'
import { isBelow } from '../host/parse/mountinfo.ts'
import { type Changed, changesBetween, type FactKind, type Snapshot } from './facts.ts'
import { fixFor } from './fix.ts'
import { type Observed, observe } from './look/look.ts'
import type { Observer } from './look/observer.ts'
import { looksLikeOwnChange } from './own-changes.ts'
import { packagesOf } from './packages.ts'
import { stoppedAtMs } from './stopped-at.ts'
import { directionOf, reasonByRule } from './unrelated.ts'

/** What this installation knows about its own changes. */
export interface Knowledge {
  /** Paths, units, kernel parameters and modules that its ledger names. */
  named: ReadonlySet<string>
  /** Directories that its ledger names with everything below them, including mounts. */
  trees: readonly string[]
  /** Files of other programs to which it added a line. */
  shared: ReadonlySet<string>
  /** Whether its ledger is complete: changes that it does not name were made by others. */
  isLedgerComplete: boolean
  /** Whether another installation on this machine made this change and has not undone it. */
  changedByOthers(what: string): boolean
  /** Whether it provisioned the Kubernetes on this machine. */
  provisionedKubernetes: boolean
  /** Whether one of its runs was in progress at this time. */
  isDuringRun(ms: number): boolean
  /** The state of the machine when the undo began. */
  atUndo: Snapshot
  /** Kept on purpose; reported elsewhere. */
  kept: readonly { what: string; because: string }[]
  /** Could not be undone; reported elsewhere. */
  left: readonly { what: string }[]
  /** Its own directories and unit, which are removed last or stay; not compared. */
  own: readonly string[]
}

export interface Difference {
  kind: FactKind
  what: string
  before: string
  after: string
  fix: string
}

export interface Unrelated {
  kind: FactKind
  what: string
  before: string
  after: string
  why: string
}

export interface Verified {
  differences: Difference[]
  /** Changes that Cantrip did not make. */
  unrelated: Unrelated[]
  /** Kinds that could not be observed, before or now. */
  unseen: { kind: FactKind; why: string }[]
}

/** Compares the machine with a snapshot. */
export async function verify(before: Snapshot, observer: Observer, knowledge: Knowledge): Promise<Verified> {
  const observed = await observe(observer)
  const cut = [...new Set([...before.cut, ...observed.snapshot.cut])]
  const changes = changesBetween(before, observed.snapshot).filter(
    (change) => !isReported(change, knowledge) && !(change.kind === 'file' && isBelowAny(change.what, cut)),
  )
  const reasons = await reasonsFor(changes, observed, observer.view, knowledge)
  const differing = changes.filter((change) => !reasons.has(change))
  const others = changes.filter((change) => reasons.has(change))
  return {
    differences: withoutContents(differing).map((change) => ({ ...shown(change), fix: fixFor(change) })),
    unrelated: withoutContents(others).map((change) => ({ ...shown(change), why: reasons.get(change) ?? '' })),
    unseen: [
      ...Object.entries({ ...before.unseen, ...observed.snapshot.unseen }).map(([kind, why]) => ({
        kind: kind as FactKind,
        why,
      })),
      ...cut.map((place) => ({ kind: 'file' as const, why: `${place} has too many files to compare` })),
    ],
  }
}

/** Reasons why changes are not Cantrip's. Changes without a reason count as differences. */
async function reasonsFor(
  changes: readonly Changed[],
  { changedAtMs }: Observed,
  view: HostView,
  knowledge: Knowledge,
): Promise<Map<Changed, string>> {
  const reasons = new Map<Changed, string>()
  const open: Changed[] = []
  for (const change of changes) {
    const verdict = judge(change, knowledge)
    if (verdict === 'unknown') open.push(change)
    else if (verdict !== 'own') reasons.set(change, verdict.why)
  }
  const packages = await packagesOf(
    view,
    open.filter(({ kind }) => kind === 'file').map(({ what }) => what),
  )
  for (const change of open) {
    const owner = change.kind === 'file' ? packages.get(change.what) : undefined
    const atMs = change.kind === 'unit' ? await stoppedAtMs(view, change.what) : changedAtMs.get(change.what)
    if (owner !== undefined) reasons.set(change, `it belongs to the package ${owner}`)
    else if (atMs !== undefined && !knowledge.isDuringRun(atMs)) reasons.set(change, atAnotherTime(atMs))
  }
  return reasons
}

/** By name and ledger; `unknown` if packages or times have to decide. */
function judge(change: Changed, knowledge: Knowledge): 'own' | 'unknown' | { why: string } {
  const kept = keptReason(change, knowledge)
  if (kept !== undefined) return { why: kept }
  if (knowledge.changedByOthers(change.what))
    return { why: 'another installation of Cantrip on this machine changed it' }
  if (change.kind === 'file' && knowledge.shared.has(change.what)) return { why: SHARED }
  if (isNamed(change, knowledge)) return 'own'
  if (looksLikeOwnChange(change, knowledge.isLedgerComplete)) {
    return knowledge.provisionedKubernetes
      ? 'own'
      : { why: 'this installation did not provision Kubernetes on this machine' }
  }
  if (change.kind === 'unit' && directionOf(change) === 'changed') {
    return hasStopped(change) ? 'unknown' : { why: 'its links in /etc/systemd are compared as files' }
  }
  const why = reasonByRule(change) ?? (isOlderThanUndo(change, knowledge) ? OLDER : undefined)
  return why === undefined ? 'unknown' : { why }
}

const SHARED = 'other programs write to it, too; the line that Cantrip added is removed'
const OLDER = 'it was like this when the undo began, and the ledger names no such change'

function isNamed(change: Changed, { named, trees }: Knowledge): boolean {
  const { kind, what } = change
  // A sysctl that was added or removed belongs to an interface: forwarding is recorded for each existing interface.
  if (named.has(what)) return kind !== 'sysctl' || directionOf(change) === 'changed'
  return (kind === 'file' || kind === 'mount') && trees.some((tree) => isBelow(what, tree))
}

/** Only with a complete ledger, except for files that were already missing, whose time of removal is unknown. */
function isOlderThanUndo(change: Changed, { atUndo, isLedgerComplete }: Knowledge): boolean {
  const { kind, what, after } = change
  if (kind in atUndo.unseen || (!isLedgerComplete && !(kind === 'file' && directionOf(change) === 'removed')))
    return false
  return atUndo.facts[kind]?.[what] === after
}

const atAnotherTime = (ms: number) =>
  `changed at ${new Date(ms).toISOString()}, when no run of this installation was in progress`

/** Its own directories, and leftovers that the undo has reported. */
function isReported({ kind, what }: Changed, { own, left }: Knowledge): boolean {
  if (own.some((path) => what === path || (kind === 'file' && isBelow(what, path)))) return true
  return left.some((one) => what === one.what || ((kind === 'file' || kind === 'mount') && isBelow(what, one.what)))
}

function keptReason({ kind, what }: Changed, { kept, named }: Knowledge): string | undefined {
  const found = kept.find(
    (one) =>
      what === one.what || ((kind === 'file' || kind === 'mount') && isBelow(what, one.what) && !named.has(what)),
  )
  return found && `kept on purpose: ${found.because}`
}

function isBelowAny(path: string, directories: readonly string[]): boolean {
  return directories.some((directory) => path !== directory && isBelow(path, directory))
}

function hasStopped({ before = '', after = '' }: Changed): boolean {
  return before.endsWith('active') && !after.endsWith('active')
}

/** Omits the contents of an added or removed directory, and the sysctls of an added or removed interface. */
function withoutContents(changes: readonly Changed[]): Changed[] {
  const links = new Set(
    changes
      .filter((change) => change.kind === 'interface' && directionOf(change) !== 'changed')
      .map(({ what }) => what),
  )
  const directories = new Set(
    changes
      .filter((change) => change.kind === 'file' && directionOf(change) !== 'changed')
      .map((change) => `${directionOf(change)} ${change.what}`),
  )
  const parent = (path: string) => path.slice(0, path.lastIndexOf('/'))
  return changes.filter((change) => {
    if (change.kind === 'sysctl') return directionOf(change) === 'changed' || !links.has(linkOf(change.what))
    return change.kind !== 'file' || !directories.has(`${directionOf(change)} ${parent(change.what)}`)
  })
}

/** A dot in the name of an interface is a slash in the key. */
function linkOf(key: string): string {
  return /^net\.(?:ipv[46]|mpls)\.(?:conf|neigh)\.([^.]+)\./.exec(key)?.[1]?.replaceAll('/', '.') ?? ''
}

function shown({ kind, what, before = 'nothing', after = 'nothing' }: Changed) {
  return { kind, what, before, after }
}
