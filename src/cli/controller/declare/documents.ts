import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type SchemaOptions,
} from 'yaml'
import { type Place, type Problem, refuseAll } from './problem.ts'

export type Path = readonly (string | number)[]

/** One document of a file. */
export interface Source {
  value: unknown
  /** Where a field is; `of`: its value or its key. For a field that is not there, the one around it. */
  placeOf(path: Path, of?: 'value' | 'key'): Place
}

const MOST_DOCUMENTS = 100
/** How often anchors are used, with everything that they contain. */
const MOST_ALIASES = 100

/** What a kind of files can have. */
interface Form {
  /** Of what is thrown. */
  code: string
  /** Where its form is described. */
  help: string
  parser?: Pick<SchemaOptions, 'merge' | 'customTags'>
}

interface Reading extends Form {
  file: string
}

const DECLARATION: Form = { code: 'declaration/invalid', help: 'see: controller export --help' }

/** The documents of a YAML 1.2 file that are not empty. Throws the code of the form. */
export function parseDocuments(file: string, text: string, form: Form = DECLARATION): Source[] {
  const read: Reading = { ...form, file }
  const counter = new LineCounter()
  const placeAt = (offset: number): Place => {
    const { line, col } = counter.linePos(offset)
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  if (opensTooMany(text)) return refuseAll([tooDeep(read)])
  const parsed = attempt(read, () =>
    parseAllDocuments(text, {
      lineCounter: counter,
      version: '1.2',
      prettyErrors: false,
      stringKeys: true,
      ...form.parser,
    }),
  )
  const documents = 'empty' in parsed ? [] : parsed.filter(({ contents }) => contents !== null)
  const said = documents.map(({ errors, warnings }) => [...errors, ...warnings])
  if (said.flat().some(({ message }) => TOO_DEEP.test(message))) return refuseAll([tooDeep(read)])
  const problems = said.flatMap((all): Problem[] =>
    all.map(({ message, pos }) => ({
      ...{ place: placeAt(pos[0]), field: '', found: sentence(message), fix: 'correct the YAML', code: form.code },
    })),
  )
  const other = documents.find(({ directives }) => directives?.yaml.version !== '1.2')
  if (other) problems.push(atStart(read, 'found a directive %YAML 1.1', 'remove it: the file is YAML 1.2'))
  if (documents.length > MOST_DOCUMENTS) {
    problems.push(
      atStart(read, `found ${documents.length} documents; wanted at most ${MOST_DOCUMENTS}`, 'use several files'),
    )
  }
  if (documents.length === 0) problems.push(atStart(read, 'found no document', read.help))
  refuseAll(problems)
  return documents.map((document) => ({
    value: attempt(read, () => document.toJS({ maxAliasCount: MOST_ALIASES })),
    placeOf: (path, of = 'value') => placeAt(offsetOf(document, path, of)),
  }))
}

/** What the parser would take minutes for. Counts brackets in texts too, whose number is far below the limit. */
function opensTooMany(text: string): boolean {
  let depth = 0
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1
    if (depth > MOST_DEPTH) return true
  }
  return false
}

const MOST_DEPTH = 500

/** The parser catches some errors of its own. */
const TOO_DEEP = /stack/i
const tooDeep = (read: Reading) => atStart(read, 'it is nested too deeply', read.help)

/** The parser calls itself for what is nested, and refuses too many aliases when the values are built. */
function attempt<T>(read: Reading, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof RangeError) refuseAll([tooDeep(read)])
    if (!(error instanceof ReferenceError)) throw error
    const isUnknown = /unresolved/i.test(error.message)
    const found = isUnknown
      ? 'it uses an anchor that it does not have'
      : `it uses its anchors more than ${MOST_ALIASES} times`
    return refuseAll([atStart(read, found, 'write the values out')])
  }
}

function atStart({ file, code }: Reading, found: string, fix: string): Problem {
  return { place: { file, line: 1, column: 1 }, field: '', found, fix, code }
}

const sentence = (message: string) => message.split('\n', 1)[0]?.replace(/\.$/, '') ?? ''

function offsetOf(document: Document, path: Path, of: 'value' | 'key'): number {
  let around = document.contents
  let offset = around?.range?.[0] ?? 0
  for (const [at, segment] of path.entries()) {
    const found = entryOf(resolved(document, around), segment)
    if (!found) return offset
    const { key, value } = found
    const isValue = value !== null && (key === null || (at === path.length - 1 && of === 'value'))
    offset = (isValue ? value : key)?.range?.[0] ?? offset
    around = value
  }
  return offset
}

/** An item of a list has no key. */
function entryOf(node: Node | null, segment: string | number): { key: Node | null; value: Node | null } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && key.value === segment)
    return pair && { key: pair.key as Node, value: pair.value as Node | null }
  }
  const item = isSeq(node) && typeof segment === 'number' ? (node.items[segment] as Node | undefined) : undefined
  return item && { key: null, value: item }
}

function resolved(document: Document, node: Node | null): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node
}
