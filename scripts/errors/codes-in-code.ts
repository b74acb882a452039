/** Finds the error codes in src/ by its syntax tree, so that the list of them is complete. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { parseAst } from 'rolldown/parseAst'
import type { ErrorKind } from '../../src/base/agent-error.ts'

const SRC = resolve(import.meta.dirname, '../../src')

export interface CodeAt {
  code: string
  /** Below src/. */
  file: string
  /** Undefined if it is computed, or if the code is part of a report that is not thrown. */
  kind: ErrorKind | undefined
}

interface Node {
  type: string
  [key: string]: unknown
}

/** A function or class that creates an error with its argument number `index` as code; `{}` in `shape` stands for it. */
interface Maker {
  name: string
  /** Its file below src/. */
  file: string
  index: number
  shape: string
  /** Absent for a class: it is given at each call. */
  kind?: ErrorKind | undefined
}

const CLASSES: readonly Maker[] = [
  { name: 'AgentError', file: 'base/agent-error.ts', index: 0, shape: '{}' },
  { name: 'Indeterminate', file: 'engine/step.ts', index: 0, shape: '{}' },
]
const CODE = /^[a-z*][a-z0-9*-]*(\/[a-z*][a-z0-9*-]*)*$/

/** Files whose error codes have the `code` of an argument as prefix: a property that identifies such arguments. */
const PREFIXED: Record<string, string> = {
  // A `SignedKind`. In all other files the argument is a `GivenFile`.
  'agent/gate/open-signed.ts': 'noun',
}

export function codesInCode(): CodeAt[] {
  return everyCode().filter(({ code }) => CODE.test(code))
}

/** Files that create errors whose code comes from elsewhere: from a caller, or from another error. */
export function filesWithoutCode(): string[] {
  return [...new Set(everyCode().flatMap(({ code, file, kind }) => (kind && code.includes('{}') ? [file] : [])))].sort()
}

let found: CodeAt[] | undefined

/** The sources are read once. */
const everyCode = (): CodeAt[] => (found ??= searchAll())

function searchAll(): CodeAt[] {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => /(?<!\.test)\.ts$/.test(file))
  const trees = files.map((file) => ({ file, tree: treeOf(readFileSync(join(SRC, file), 'utf8')) }))
  const makers: Maker[] = [...CLASSES]
  // A maker can call another maker.
  for (let known = 0; known < makers.length; ) {
    known = makers.length
    for (const { file, tree } of trees) {
      for (const maker of makersIn(file, tree, reachable(file, tree, makers))) {
        if (!makers.some((other) => isDeepStrictEqual(other, maker))) makers.push(maker)
      }
    }
  }
  const prefixes = (file: string) => trees.flatMap(({ tree }) => prefixesIn(tree, PREFIXED[file] ?? 'isSecret'))
  const found = trees.flatMap(({ file, tree }) =>
    codesIn(tree, reachable(file, tree, makers)).flatMap(({ code, kind }) =>
      (code.startsWith('*/') ? prefixes(file) : ['']).map((prefix) => ({
        code: code.replace('*', prefix),
        file,
        kind,
      })),
    ),
  )
  const unique = new Map(found.map((each) => [`${each.code} ${each.file} ${each.kind ?? ''}`, each]))
  return [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each)
}

function treeOf(code: string): Node {
  return parseAst(code, { lang: 'ts' }) as unknown as Node
}

/** The makers that a file declares or imports. */
function reachable(file: string, tree: Node, makers: readonly Maker[]): Maker[] {
  const imported = new Map<string, string>()
  for (const node of tree.body as Node[]) {
    if (node.type !== 'ImportDeclaration') continue
    const from = normalize(join(dirname(file), String((node.source as Node).value)))
    for (const specifier of node.specifiers as Node[]) imported.set(textOf(specifier.local as Node), from)
  }
  return makers.filter((maker) => maker.file === file || imported.get(maker.name) === maker.file)
}

function makersIn(file: string, tree: Node, makers: readonly Maker[]): Maker[] {
  const found: Maker[] = []
  walk(tree, (node) => {
    const name = nameOf(node)
    if (name === undefined) return
    const parameters = ((node.type === 'VariableDeclarator' ? (node.init as Node) : node).params as Node[]).map(textOf)
    walk(node, (inner) => {
      for (const { argument, shape, kind } of madeBy(inner, makers)) {
        const index = parameters.indexOf(textOf(identifierIn(argument)))
        const text = shape.replace('{}', shapeOf(argument))
        if (index >= 0 && text.includes('{}')) found.push({ name, file, index, shape: text, kind })
      }
    })
  })
  return found
}

/** The name of a function declaration, or of a constant with an arrow function. */
function nameOf(node: Node): string | undefined {
  if (node.type === 'FunctionDeclaration') return textOf(node.id as Node)
  const init = node.init as Node | undefined
  if (node.type === 'VariableDeclarator' && init?.type === 'ArrowFunctionExpression') return textOf(node.id as Node)
  return undefined
}

function codesIn(tree: Node, makers: readonly Maker[]): Omit<CodeAt, 'file'>[] {
  const constants = new Map<string, Node>()
  const found: Omit<CodeAt, 'file'>[] = []
  walk(tree, (node) => {
    if (node.type === 'VariableDeclarator' && node.init) constants.set(textOf(node.id as Node), node.init as Node)
  })
  walk(tree, (node) => {
    for (const { argument, shape, kind } of madeBy(node, makers)) {
      const value = argument.type === 'Identifier' ? (constants.get(textOf(argument)) ?? argument) : argument
      found.push(...branchesOf(value).map((branch) => ({ code: shape.replace('{}', shapeOf(branch)), kind })))
    }
    // An object that becomes a report elsewhere. Codes without a slash are those of Node or of programs.
    const code = propertyOf(node, 'code')
    for (const each of code ? branchesOf(code).map(shapeOf) : []) {
      if (each.includes('/')) found.push({ code: each, kind: undefined })
    }
  })
  return found
}

interface Made {
  argument: Node
  shape: string
  kind: ErrorKind | undefined
}

function madeBy(node: Node, makers: readonly Maker[]): Made[] {
  const code = propertyOf(node, 'code')
  // A report as plain data.
  if (code && propertyOf(node, 'message')) return [{ argument: code, shape: '{}', kind: undefined }]
  if (node.type !== 'NewExpression' && node.type !== 'CallExpression') return []
  const called = (node.callee as Node).type === 'Super' ? 'AgentError' : textOf(node.callee as Node)
  return makers.flatMap((maker) => {
    const argument = (node.arguments as Node[])[maker.index]
    if (maker.name !== called || !argument) return []
    return [{ argument, shape: maker.shape, kind: 'kind' in maker ? maker.kind : kindIn(node) }]
  })
}

/** The kind of an error that is created with its class. */
function kindIn({ arguments: given }: Node): ErrorKind | undefined {
  const options = (given as Node[])[2]
  const kind = options && propertyOf(options, 'kind')
  if (!kind) return 'failed'
  return kind.type === 'Literal' ? (kind.value as ErrorKind) : undefined
}

/** `code` of what has the property. */
function prefixesIn(tree: Node, property: string): string[] {
  const found: string[] = []
  walk(tree, (node) => {
    const code = propertyOf(node, 'code')
    if (code?.type === 'Literal' && propertyOf(node, property)) found.push(String(code.value))
  })
  return found
}

/** The value of an object's property. */
function propertyOf(node: Node, name: string): Node | undefined {
  if (node.type !== 'ObjectExpression') return undefined
  const properties = node.properties as Node[]
  return properties.find((each) => each.type === 'Property' && textOf(each.key as Node) === name)?.value as Node
}

function branchesOf(node: Node): Node[] {
  if (node.type !== 'ConditionalExpression') return [node]
  return [...branchesOf(node.consequent as Node), ...branchesOf(node.alternate as Node)]
}

/** The text of a string or template, with `{}` for the last expression in it and `*` for others. */
function shapeOf(node: Node): string {
  if (node.type === 'Literal') return String(node.value)
  if (node.type !== 'TemplateLiteral') return '{}'
  const texts = (node.quasis as { value: { raw: string } }[]).map(({ value }) => value.raw)
  return texts.slice(0, -1).join('*') + (texts.length > 1 ? '{}' : '') + texts.at(-1)
}

function identifierIn(node: Node): Node {
  return node.type === 'TemplateLiteral' ? ((node.expressions as Node[]).at(-1) ?? node) : node
}

function textOf(node: Node): string {
  return String(node.name ?? (node.left ? textOf(node.left as Node) : node.value))
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node)
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child === 'object' && child !== null && 'type' in child) walk(child as Node, visit)
    }
  }
}
