import { join } from 'node:path'
import { BadArchive } from '../closure/archive.ts'
import type { UpstreamFile } from '../upstream/table.ts'
import { extracted, plain, unpack } from './archives/unpack.ts'
import { checksumProblem } from './checksum-beside.ts'
import type { Problems } from './problems.ts'
import { findFiles, type Tree } from './tree.ts'

/** A file that could be the wanted one. `label`: where it is, for messages. */
export interface Candidate {
  file: string
  label: string
}

export interface Candidates {
  tree: Tree
  scratch: string
  problems: Problems
  /** By the path in the bundle. */
  byPath: Map<string, Candidate[]>
  /** Archives of images that were in other archives, by label. */
  archives: Map<string, string>
  /** Files of the tree that were looked at. */
  used: Set<string>
}

export function newCandidates(tree: Tree, scratch: string, problems: Problems): Candidates {
  return { tree, scratch, problems, byPath: new Map(), archives: new Map(), used: new Set() }
}

/** Adds what an upstream file gives, wherever in the tree the file is. */
export async function addUpstream(to: Candidates, { gives, names, place }: UpstreamFile): Promise<void> {
  for (const path of findFiles(to.tree, names, place)) {
    const file = await intact(to, path)
    if (file === undefined) continue
    const members = new Map(gives.flatMap((each) => (each.member === undefined ? [] : [[each.member, each.path]])))
    if (members.size > 0) await addMembers(to, path, file, members)
    else for (const each of gives) add(to, each.path, { file, label: path })
  }
}

/** Adds files with the bundle's own name, at the bundle's path or anywhere. */
export async function addPlain(to: Candidates, wanted: string, name: string): Promise<void> {
  for (const path of findFiles(to.tree, [name], wanted)) {
    const file = await intact(to, path)
    if (file !== undefined) add(to, wanted, { file, label: path })
  }
}

function add({ byPath }: Candidates, path: string, candidate: Candidate): void {
  byPath.set(path, [...(byPath.get(path) ?? []), candidate])
}

/** The file, the first time it is asked for, unless a checksum beside it differs. */
async function intact({ tree, used, problems }: Candidates, path: string): Promise<string | undefined> {
  if (used.has(path)) return undefined
  used.add(path)
  const problem = await checksumProblem(tree, path)
  if (problem === undefined) return join(tree.root, path)
  problems.unusable.push(`${path}: ${problem}`)
  return undefined
}

async function addMembers(
  to: Candidates,
  path: string,
  archive: string,
  members: ReadonlyMap<string, string>,
): Promise<void> {
  const directory = join(to.scratch, `archive-${to.used.size}`)
  try {
    await unpack(archive, directory, (member) => members.has(plain(member)))
  } catch (error) {
    if (!(error instanceof BadArchive)) throw error
    to.problems.unusable.push(`${path}: ${error.message}`)
    return
  }
  for (const [member, wanted] of members) {
    const file = await extracted(directory, member)
    const label = `${path}, ${member}`
    if (file === undefined) to.problems.unusable.push(`${path}: has no ${member}`)
    else if (wanted.startsWith('images/')) to.archives.set(label, file)
    else add(to, wanted, { file, label })
  }
}
