/**
 * A node's other life: some sixty kinds of things that people and other programs have on a machine, planted at three
 * moments and looked at again when Cantrip is gone.
 */
import assert from 'node:assert/strict'
import { exec, type Node } from '../../support/testbed/machine.ts'
import { FILES, SYSTEM } from './host.ts'
import { type Kind, kindsAt, type Moment, numberOf } from './kind.ts'
import { LINKS, NAMESPACES, ROUTES, RULES } from './network.ts'

export const KINDS: readonly Kind[] = [...LINKS, ...NAMESPACES, ...ROUTES, ...RULES, ...FILES, ...SYSTEM]

/** By the canary, how it was when it was planted. */
export type Planted = Map<string, string>

const SEPARATOR = '@@ canary'

/** All in one shell: each by itself would take a second. The first one that cannot be planted ends it. */
export async function plant(node: Node, moment: Moment): Promise<Planted> {
  const kinds = kindsAt(KINDS, moment)
  const script = kinds.map(
    ({ name, plant }) => `(${at(plant, moment)}) >&2 || { echo 'cannot plant: ${quoted(name)}' >&2; exit 1; }`,
  )
  const { code, stderr } = await exec(node, ['sh', '-c', script.join('\n')], { timeoutMs: 120_000 })
  assert.equal(code, 0, stderr.slice(-2_000))
  return look(node, moment)
}

export async function look(node: Node, moment: Moment): Promise<Planted> {
  const kinds = kindsAt(KINDS, moment)
  const script = kinds.map(({ look }) => `echo; echo '${SEPARATOR}'; (${at(look, moment)}) 2>&1`)
  const { stdout } = await exec(node, ['sh', '-c', script.join('\n')], { timeoutMs: 120_000 })
  const found = stdout.split(`${SEPARATOR}\n`).slice(1)
  assert.equal(found.length, kinds.length, `one answer for each canary:\n${stdout.slice(-500)}`)
  return new Map(kinds.map(({ name }, index) => [`${name} (${moment})`, (found[index] ?? '').trim()]))
}

/** Those that are not as they were, with both texts. */
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

/** A line of the independent look that is a canary's doing. */
export function isOfCanary(line: string): boolean {
  return /cnry/i.test(line) || KINDS.some(({ marks }) => marks?.test(line))
}

const at = (script: string, moment: Moment) => script.replaceAll('{n}', `${numberOf(moment)}`)
const quoted = (text: string) => text.replaceAll("'", "'\\''")
