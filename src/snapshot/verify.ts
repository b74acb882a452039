import type { HostView } from '../host/host.ts'
import { isBelow } from '../host/parse/mountinfo.ts'
import { type Changed, changesBetween, type FactKind, type Snapshot } from './facts.ts'
import { fixFor } from './fix.ts'
import { type Observed, observe } from './look/look.ts'
import type { Observer } from './look/observer.ts'
import { looksLikeOurs } from './ours.ts'
import { packagesOf } from './packages.ts'
import { stoppedAtMs } from './stopped-at.ts'
import { directionOf, reasonByRule } from './unrelated.ts'

/** What this installation knows of its own work. */
export interface Knowledge {
  /** Paths, units, parameters and modules that its ledger names. */
  named: ReadonlySet<string>
  /** Directories that its ledger names with all that is, or is mounted, below them. */
  trees: readonly string[]
  /** Files of others, in which it had a line. */
  shared: ReadonlySet<string>
  /** Its ledger has lost no record: what is not named there it has not made. */
  isWhole: boolean
  /** Is it the work of another installation of this program, which still holds it? */
  madeByOthers(what: string): boolean
  /** The Kubernetes that came and went was brought by it. */
  broughtKubernetes: boolean
  /** Was one of its runs going on then? */
  wasAtWork(ms: number): boolean
  /** How the machine was when the undo began. */
  atUndo: Snapshot
  /** Left on purpose, and told already. */
  kept: readonly { what: string; because: string }[]
  /** Could not be taken back, and told already. */
  left: readonly { what: string }[]
  /** Its own directories and unit, which go last or stay; not compared. */
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
  /** Changed meanwhile for a reason that has nothing to do with us. */
  unrelated: Unrelated[]
  /** Could not be looked at, then or now. */
  unseen: { kind: FactKind; why: string }[]
}

/** Compares the machine with how it was. */
export async function verify(before: Snapshot, observer: Observer, knowledge: Knowledge): Promise<Verified> {
  const observed = await observe(observer)
  const cut = [...new Set([...before.cut, ...observed.snapshot.cut])]
  const changes = changesBetween(before, observed.snapshot).filter(
    (change) => !isTold(change, knowledge) && !(change.kind === 'file' && isBelowAny(change.what, cut)),
  )
  const reasons = await reasonsFor(changes, observed, observer.view, knowledge)
  const differing = changes.filter((change) => !reasons.has(change))
  const others = changes.filter((change) => reasons.has(change))
  return {
    differences: withoutContents(differing).map((change) => ({ ...told(change), fix: fixFor(change) })),
    unrelated: withoutContents(others).map((change) => ({ ...told(change), why: reasons.get(change) ?? '' })),
    unseen: [
      ...Object.entries({ ...before.unseen, ...observed.snapshot.unseen }).map(([kind, why]) => ({
        kind: kind as FactKind,
        why,
      })),
      ...cut.map((place) => ({ kind: 'file' as const, why: `${place} has too many files to look at all of them` })),
    ],
  }
}

/** Why changes are none of ours; those that are missing in the answer count. */
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
    else if (verdict !== 'ours') reasons.set(change, verdict.why)
  }
  const packages = await packagesOf(
    view,
    open.filter(({ kind }) => kind === 'file').map(({ what }) => what),
  )
  for (const change of open) {
    const owner = change.kind === 'file' ? packages.get(change.what) : undefined
    const atMs = change.kind === 'unit' ? await stoppedAtMs(view, change.what) : changedAtMs.get(change.what)
    if (owner !== undefined) reasons.set(change, `it belongs to the package ${owner}`)
    else if (atMs !== undefined && !knowledge.wasAtWork(atMs)) reasons.set(change, atAnotherTime(atMs))
  }
  return reasons
}

/** By its name and by what the ledger says; `unknown` where only packages or times may tell. */
function judge(change: Changed, knowledge: Knowledge): 'ours' | 'unknown' | { why: string } {
  const kept = keptReason(change, knowledge)
  if (kept !== undefined) return { why: kept }
  if (knowledge.madeByOthers(change.what)) return { why: 'another installation of Cantrip on this machine made it so' }
  if (change.kind === 'file' && knowledge.shared.has(change.what)) return { why: SHARED }
  if (isNamed(change, knowledge)) return 'ours'
  if (looksLikeOurs(change, knowledge.isWhole)) {
    return knowledge.broughtKubernetes ? 'ours' : { why: 'this installation did not bring Kubernetes to this machine' }
  }
  if (change.kind === 'unit' && directionOf(change) === 'changed') {
    return hasStopped(change) ? 'unknown' : { why: 'its links below /etc/systemd are compared as files' }
  }
  const why = reasonByRule(change) ?? (isOlderThanUndo(change, knowledge) ? OLDER : undefined)
  return why === undefined ? 'unknown' : { why }
}

const SHARED = 'others write to it too; the line that was put there is gone'
const OLDER = 'it was so when the undo began, and the ledger names no such change: somebody else made it'

function isNamed(change: Changed, { named, trees }: Knowledge): boolean {
  const { kind, what } = change
  // One that came or went did so with a link: forwarding is recorded for each link that was there at the time.
  if (named.has(what)) return kind !== 'sysctl' || directionOf(change) === 'changed'
  return (kind === 'file' || kind === 'mount') && trees.some((tree) => isBelow(what, tree))
}

/** Of a whole ledger that tells it apart; else a file that was gone already, whose time nobody knows any more. */
function isOlderThanUndo(change: Changed, { atUndo, isWhole }: Knowledge): boolean {
  const { kind, what, after } = change
  if (kind in atUndo.unseen || (!isWhole && !(kind === 'file' && directionOf(change) === 'went'))) return false
  return atUndo.facts[kind]?.[what] === after
}

const atAnotherTime = (ms: number) =>
  `changed at ${new Date(ms).toISOString()}, when nothing of this installation was at work`

/** Its own directories, and what the undo could not do and has said. */
function isTold({ kind, what }: Changed, { own, left }: Knowledge): boolean {
  if (own.some((path) => what === path || (kind === 'file' && isBelow(what, path)))) return true
  return left.some((one) => what === one.what || ((kind === 'file' || kind === 'mount') && isBelow(what, one.what)))
}

function keptReason({ kind, what }: Changed, { kept, named }: Knowledge): string | undefined {
  const found = kept.find(
    (one) =>
      what === one.what || ((kind === 'file' || kind === 'mount') && isBelow(what, one.what) && !named.has(what)),
  )
  return found && `left on purpose: ${found.because}`
}

function isBelowAny(path: string, directories: readonly string[]): boolean {
  return directories.some((directory) => path !== directory && isBelow(path, directory))
}

function hasStopped({ before = '', after = '' }: Changed): boolean {
  return before.endsWith('active') && !after.endsWith('active')
}

/** What lies in a directory that is told as a whole is not told again, nor what the kernel has for a link that came or went. */
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

/** A dot in the name of a link is a slash in the key. */
function linkOf(key: string): string {
  return /^net\.(?:ipv[46]|mpls)\.(?:conf|neigh)\.([^.]+)\./.exec(key)?.[1]?.replaceAll('/', '.') ?? ''
}

function told({ kind, what, before = 'nothing', after = 'nothing' }: Changed) {
  return { kind, what, before, after }
}
