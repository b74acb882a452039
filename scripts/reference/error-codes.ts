/** Generates the reference of error codes: the list of scripts/errors, with the messages in the code. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseAst } from 'rolldown/parseAst'
import type { ErrorKind } from '../../src/base/agent-error.ts'
import { ERROR_STATUS } from '../../src/protocol/api/errors.ts'
import { type ListedError, listOfErrors } from '../errors/list.ts'
import { code, page, table } from './markdown.ts'

const SRC = resolve(import.meta.dirname, '../../src')

const MEANING: Record<ErrorKind, string> = {
  invalid: 'the command, a file or a value is wrong',
  refused: 'understood, but not allowed now',
  unreachable: 'another program or machine does not answer',
  unfit: 'this machine does not pass its prechecks',
  interrupted: 'the command was interrupted',
  failed: 'an operation failed',
  bug: 'the controller reports an internal error',
}

export function errorCodesPage(): string {
  const messages = messagesInCode()
  const rowOf = ({ code: name, kinds, exitCodes, statuses }: ListedError) => [
    code(name),
    [...(messages.get(name) ?? [])].map(escaped).join('<br>'),
    kinds.join(', '),
    exitCodes.join(', '),
    statuses.join(', '),
  ]
  return page(
    'Error codes',
    `Each error has a code that does not change, for scripts: the field \`code\` of \`-o json\`, of events and of the controller's answers. An
error without a kind is only reported, or its kind depends on the situation. "…" stands for what was found.`,
    table(['Kind', 'Meaning'], Object.entries(MEANING)),
    table(['Code', 'Message', 'Kind', 'Exit code', 'HTTP status'], listOfErrors().map(rowOf)),
  )
}

/** The messages of the errors of the API, for the page of the controller. */
export function errorMessages(): string {
  const found = [...messagesInCode()].filter(([name]) => Object.hasOwn(ERROR_STATUS, name))
  const list = Object.fromEntries(found.map(([name, messages]) => [name, [...messages]]).sort())
  return `// biome-ignore-all format: written by scripts/reference.ts
// biome-ignore-all lint: written by scripts/reference.ts
/** By code; "…" stands for what was found. */
export const ERROR_MESSAGES: Readonly<Record<string, readonly string[]>> = ${JSON.stringify(list, null, 2)}
`
}

const escaped = (text: string) => text.replaceAll('<', '&lt;').replaceAll('*', '\\*').replaceAll('\n', ' ')

interface Node {
  type: string
  value?: unknown
  arguments?: Node[]
  quasis?: { value: { cooked: string } }[]
}

/** Messages by code: the first two arguments of a call, if both are texts. */
function messagesInCode(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>()
  const visit = (node: Node): void => {
    const [name, message] = (node.arguments ?? []).map(textOf)
    if (name !== undefined && message?.includes(' ')) found.set(name, (found.get(name) ?? new Set()).add(message))
    for (const child of childrenOf(node)) visit(child)
  }
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => /(?<!\.test)\.ts$/.test(file))
  for (const file of files.sort())
    visit(parseAst(readFileSync(join(SRC, file), 'utf8'), { lang: 'ts' }) as unknown as Node)
  return found
}

function textOf(node: Node): string | undefined {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value
  return node.type === 'TemplateLiteral' ? node.quasis?.map(({ value }) => value.cooked).join('…') : undefined
}

function childrenOf(node: Node): Node[] {
  const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value
  return Object.values(node).flatMap((value) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  )
}
