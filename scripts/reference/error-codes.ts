/** The reference of error codes: each place in src/ that makes an error with a code and a message. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseAst } from 'rolldown/parseAst'
import { code, page, table } from './markdown.ts'

const SRC = resolve(import.meta.dirname, '../../src')

interface Node {
  type: string
  value?: unknown
  name?: string
  callee?: Node
  arguments?: Node[]
  quasis?: { value: { cooked: string } }[]
}

export function errorCodesPage(): string {
  const messages = new Map<string, Set<string>>()
  for (const { errorCode, message } of errorsInCode())
    messages.set(errorCode, (messages.get(errorCode) ?? new Set()).add(message))
  const rows = [...messages]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([errorCode, texts]) => [code(errorCode), [...texts].map(escaped).join('<br>')])
  return page(
    'Error codes',
    'Each error has a code that does not change, for scripts: the field `code` of `-o json`, of events and of the controller\'s answers. "…" stands for what was found on the machine.',
    table(['Code', 'Message'], rows),
  )
}

const escaped = (text: string) => text.replaceAll('<', '&lt;').replaceAll('*', '\\*').replaceAll('\n', ' ')

function errorsInCode(): { errorCode: string; message: string }[] {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  return files.filter((name) => name.endsWith('.ts') && !/\.(test|generated)\.ts$/.test(name)).flatMap(errorsIn)
}

function errorsIn(name: string): { errorCode: string; message: string }[] {
  const found: { errorCode: string; message: string }[] = []
  const visit = (node: Node): void => {
    const [first, second] = node.arguments ?? []
    const [errorCode, message] = [textOf(first), textOf(second)]
    // A step has an id and a title.
    const isStep = node.callee?.name?.endsWith('Step') === true
    if (!isStep && errorCode !== undefined && message !== undefined && CODE.test(errorCode) && message.includes(' '))
      found.push({ errorCode, message })
    for (const child of childrenOf(node)) visit(child)
  }
  visit(parseAst(readFileSync(join(SRC, name), 'utf8'), { lang: 'ts' }) as unknown as Node)
  return found
}

const CODE = /^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/

function textOf(node: Node | undefined): string | undefined {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value
  return node?.type === 'TemplateLiteral' ? node.quasis?.map(({ value }) => value.cooked).join('…') : undefined
}

function childrenOf(node: Node): Node[] {
  const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value
  return Object.values(node).flatMap((value) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  )
}
