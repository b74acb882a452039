/** Generates the table and the diagram of imports between folders of src/, from the rules of the architecture test. */
import { isUnder } from '../../test/architecture/imports.ts'
import { MAY_IMPORT, ONLY_FROM } from '../../test/architecture/rules.ts'
import { code, table } from './markdown.ts'

const folders = Object.keys(MAY_IMPORT).filter((path) => !path.endsWith('.ts'))
/** Subfolders with their own rules. */
const apart = folders.filter((path) => /^[^/.]+\/[^/.]+$/.test(path))
const boxes = [...new Set([...folders.map((path) => path.split('/')[0] ?? ''), ...apart])]

const boxOf = (path: string) => boxes.filter((box) => isUnder(path, box)).sort((a, b) => b.length - a.length)[0] ?? path

/** The boxes that each box may import. */
function importsByBox(): Map<string, Set<string>> {
  const imports = new Map(boxes.map((box) => [box, new Set<string>()]))
  for (const path of folders) {
    const allowed = MAY_IMPORT[path] ?? []
    const targets = allowed.includes('*') ? boxes : allowed.map(boxOf)
    for (const to of targets) if (to !== boxOf(path)) imports.get(boxOf(path))?.add(to)
  }
  for (const inner of apart) {
    const outer = inner.split('/')[0] ?? ''
    // Only one of the two imports the other.
    if (MAY_IMPORT[inner]?.includes(outer)) continue
    imports.get(inner)?.delete(outer)
    if (ONLY_FROM[inner] === undefined) imports.get(outer)?.add(inner)
  }
  return imports
}

type Imports = ReadonlyMap<string, ReadonlySet<string>>

function reaches(imports: Imports, from: string, to: string, seen = new Set<string>()): boolean {
  if (seen.has(from)) return false
  seen.add(from)
  return [...(imports.get(from) ?? [])].some((next) => next === to || reaches(imports, next, to, seen))
}

/** A mermaid diagram of the transitive reduction. */
export function importsDiagram(): string {
  const imports = importsByBox()
  const name = (box: string) => box.replaceAll(/[/-]/g, '_')
  const arrows = [...imports].flatMap(([from, targets]) => {
    const isImplied = (to: string) => [...targets].some((other) => other !== to && reaches(imports, other, to))
    return [...targets].filter((to) => !isImplied(to)).map((to) => `  ${name(from)} --> ${name(to)}`)
  })
  return ['```mermaid', 'flowchart TD', ...boxes.map((box) => `  ${name(box)}["${box}"]`), ...arrows, '```'].join('\n')
}

export function importsTable(): string {
  const listOf = (allowed: readonly string[]) =>
    allowed.map((path) => (path === '*' ? 'everything' : code(path))).join(', ') || 'nothing'
  return table(
    ['Folder or file', 'May import, in addition to itself'],
    Object.entries(MAY_IMPORT).map(([path, allowed]) => [code(path), listOf(allowed)]),
  )
}
