import { command } from '../../base/command.ts'
import { type ChangeKind, subjectOf } from '../../host/change.ts'
import type { Machine } from '../../host/machine.ts'
import { sameSysctl, sysctlPath } from '../../host/machine.ts'
import { hasLine } from '../../host/parse/lines.ts'
import type { Undo, UnitState } from '../../host/undo.ts'
import type { ChangeEntry, Numbered } from '../../ledger/entry.ts'
import type { FactKind } from '../../snapshot/facts.ts'

export interface Difference {
  kind: ChangeKind | FactKind
  what: string
  before: string
  after: string
  fix: string
}

/**
 * The things that the ledger records as changed and undone, but that differ from before. The oldest record of a thing has
 * its original state. Changes by other programs (`run`, mounts, links, chains) were verified when they were undone.
 */
export async function differencesAfter(
  changes: readonly Numbered<ChangeEntry>[],
  machine: Machine,
): Promise<Difference[]> {
  const oldest = new Map<string, Numbered<ChangeEntry>>()
  const inOrder = [...changes].sort((a, b) => b.seq - a.seq)
  for (const change of inOrder) oldest.set(subjectOf(change.undo), change)
  const trees = inOrder.filter(({ undo }) => undo.kind === 'remove-tree')
  const compared = [...oldest.values()].filter((change) => !trees.some((tree) => madeItsDirectory(tree, change)))
  const found = await Promise.all(
    compared.map(async ({ change, undo }): Promise<Difference | undefined> => {
      const difference = await compare(undo, machine)
      return difference && { kind: change, what: subjectOf(undo), ...difference }
    }),
  )
  return found.filter((difference) => difference !== undefined)
}

/** A file in a directory that Cantrip created did not exist before, whatever its own record says. */
function madeItsDirectory(tree: Numbered<ChangeEntry>, { seq, undo }: Numbered<ChangeEntry>): boolean {
  return tree.seq < seq && 'path' in undo && undo.path.startsWith(`${subjectOf(tree.undo)}/`)
}

/** The fix contains no command that deletes, because the files may belong to somebody. */
function lookInto(path: string): string {
  return `check what the directory contains, and move it away: ${command`ls -la ${path}`}`
}

type Compared = Pick<Difference, 'before' | 'after' | 'fix'> | undefined
type Compare<K extends Undo['kind']> = (undo: Extract<Undo, { kind: K }>, machine: Machine) => Promise<Compared>

const gone = async ({ path }: { path: string }, machine: Machine): Promise<Compared> => {
  const stat = await machine.stat(path)
  if (stat === undefined) return undefined
  return {
    before: 'nothing',
    after: `a ${stat.kind}`,
    fix: stat.kind === 'directory' ? lookInto(path) : command`rm ${path}`,
  }
}

const compares: { [K in Undo['kind']]?: Compare<K> } = {
  'remove-path': gone,
  'remove-tree': gone,
  async 'empty-directory'({ path }, machine) {
    const names = (await machine.list(path)) ?? []
    if (names.length === 0) return undefined
    return { before: 'empty', after: names.join(' '), fix: lookInto(path) }
  },
  async 'restore-file'({ path, backup }, machine) {
    const [before, after] = await Promise.all([machine.sha256(backup), machine.sha256(path)])
    if (before === undefined || before === after) return undefined
    const is = after === undefined ? 'nothing' : 'different content'
    return { before: `as in ${backup}`, after: is, fix: command`cp -p ${backup} ${path}` }
  },
  async 'restore-link'({ path, target }, machine) {
    const after = await machine.readLink(path)
    if (after === target) return undefined
    return { before: `a link to ${target}`, after: after ?? 'no link', fix: command`ln -sfn ${target} ${path}` }
  },
  async 'remove-line'({ path, line }, machine) {
    if (!hasLine((await machine.read(path)) ?? '', line)) return undefined
    return { before: `without the line ${line}`, after: 'with it', fix: `remove the line from ${path}` }
  },
  async unit({ unit, before }, machine) {
    const after = await machine.unitState(unit)
    const alike = (key: 'active' | 'enabled') => before[key] === undefined || before[key] === (after[key] ?? false)
    if (alike('active') && alike('enabled')) return undefined
    return { before: stateText(before), after: stateText(after), fix: command`systemctl status ${unit}` }
  },
  async sysctl({ key, before }, machine) {
    const after = (await machine.read(sysctlPath(key)))?.trim()
    if (after === undefined || sameSysctl(after, before)) return undefined
    return { before, after, fix: command`sysctl -w ${`${key}=${before}`}` }
  },
  async hostname({ before }, machine) {
    const after = machine.hostname()
    return after === before ? undefined : { before, after, fix: command`hostnamectl set-hostname ${before}` }
  },
}

async function compare<K extends Undo['kind']>(undo: Extract<Undo, { kind: K }>, machine: Machine): Promise<Compared> {
  const one: Compare<K> | undefined = compares[undo.kind as K]
  return one?.(undo as never, machine)
}

function stateText({ active, enabled }: UnitState): string {
  return `${active ? 'active' : 'not active'}, ${enabled ? 'enabled' : 'not enabled'}`
}
