/**
 * About sixty kinds of objects that users and other programs create on a machine. They are created at three moments, and
 * compared after Cantrip is uninstalled.
 */
import assert from 'node:assert/strict'
import { exec, type Node } from '../../support/testbed/machine.ts'
import { FILES, SYSTEM } from './files-and-units.ts'
import { type Kind, kindsAt, type Moment, numberOf } from './kind.ts'
import { LINKS, NAMESPACES, ROUTES, RULES } from './network.ts'

export const KINDS: readonly Kind[] = [...LINKS, ...NAMESPACES, ...ROUTES, ...RULES, ...FILES, ...SYSTEM]

/** Per object, what its `look` script printed after its creation. */
export type Planted = Map<string, string>

const SEPARATOR = '@@ foreign object'

/** All in one shell, because a shell per object takes a second each. Stops at the first object that cannot be created. */
export async function plant(node: Node, moment: Moment): Promise<Planted> {
  const kinds = kindsAt(KINDS, moment)
  const script = kinds.map(
    ({ name, plant }) => `(${at(plant, moment)}) >&2 || { echo 'cannot create: ${quoted(name)}' >&2; exit 1; }`,
  )
  const { code, stderr } = await exec(node, ['sh', '-c', script.join('\n')], { timeoutMs: 120_000 })
  assert.equal(code, 0, stderr.slice(-2_000))
  return look(node, moment)
}

async function look(node: Node, moment: Moment): Promise<Planted> {
  const kinds = kindsAt(KINDS, moment)
  const script = kinds.map(({ look }) => `echo; echo '${SEPARATOR}'; (${at(look, moment)}) 2>&1`)
  const { stdout } = await exec(node, ['sh', '-c', script.join('\n')], { timeoutMs: 120_000 })
  const found = stdout.split(`${SEPARATOR}\n`).slice(1)
  assert.equal(found.length, kinds.length, `one answer for each object:\n${stdout.slice(-500)}`)
  return new Map(kinds.map(({ name }, index) => [`${name} (${moment})`, (found[index] ?? '').trim()]))
}

/** The objects that changed, with both texts. */
export async function touched(node: Node, planted: ReadonlyMap<Moment, Planted>): Promise<string[]> {
  const answers = await Promise.all(
    [...planted].map(async ([moment, before]) => ({ before, now: await look(node, moment) })),
  )
  return answers.flatMap(({ before, now }) =>
    [...before]
      .filter(([name, text]) => now.get(name) !== text)
      .map(([name, text]) => `${name}: was ${text}, is ${now.get(name)}`),
  )
}

/** Whether a line of `listHost` comes from one of these objects. */
export function isOfForeignObject(line: string): boolean {
  return /frgn/i.test(line) || KINDS.some(({ marks }) => marks?.test(line))
}

const at = (script: string, moment: Moment) => script.replaceAll('{n}', `${numberOf(moment)}`)
const quoted = (text: string) => text.replaceAll("'", "'\\''")
