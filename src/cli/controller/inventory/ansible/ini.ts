import { shorten } from '../../../../base/text/shorten.ts'
import { type Place, type Problem, refuseAll } from '../../declare/problem.ts'
import { invalid, startOf } from '../invalid.ts'
import { addPattern } from './add-pattern.ts'
import { emptyGroups, faultIn, type Groups, groupIn } from './groups.ts'
import { literalOf } from './literal.ts'
import { splitWords } from './words.ts'

const SECTION = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/

type Fault = [found: string, fix: string]

/** What a line leads to: groups that must have a section, and one that has it here. */
interface Effect {
  names?: string
  declares?: string
}

interface Line {
  place: Place
  /** Of the section. */
  group: string
  kind: string
  /** Undefined for the header of the section. */
  text: string | undefined
}

/** Reads a line of a section with this group. */
type LineReader = (all: Groups, group: string, text: string) => Effect | Fault

const LINES: Readonly<Record<string, LineReader>> = { hosts: readHosts, children: readChild, vars: readVariable }

/** Reads an inventory in Ansible's INI form. Throws `inventory/invalid` with everything that is wrong. */
export function parseIni(file: string, text: string): Groups {
  const all = emptyGroups()
  const problems: Problem[] = []
  /** With the place of the first line that names it. */
  const named = new Map<string, Place>()
  const declared = new Set<string | undefined>(['all', 'ungrouped'])
  for (const line of linesOf(file, text)) {
    const effect = readLine(all, line)
    if (Array.isArray(effect)) {
      problems.push(invalid(line.place, ...effect))
      continue
    }
    const { names, declares } = effect
    declared.add(declares)
    if (names !== undefined && !named.has(names)) named.set(names, line.place)
  }
  for (const [name, place] of named)
    if (!declared.has(name)) problems.push(invalid(place, `the file has no section for group ${name}`, `add [${name}]`))
  const fault = problems.length === 0 ? faultIn(all) : undefined
  if (fault) problems.push(invalid(startOf(file), ...fault))
  refuseAll(problems)
  return all
}

/** The first lines are hosts of no group. */
function* linesOf(file: string, text: string): Iterable<Line> {
  let section = { group: 'ungrouped', kind: 'hosts' }
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === '' || /^[#;]/.test(line)) continue
    const place = { file, line: index + 1, column: raw.length - raw.trimStart().length + 1 }
    const [, group, kind = 'hosts'] = SECTION.exec(line) ?? []
    if (group !== undefined) section = { group, kind }
    yield { place, ...section, text: group === undefined ? line : undefined }
  }
}

function readLine(all: Groups, { group, kind, text }: Line): Effect | Fault {
  const read = Object.hasOwn(LINES, kind) ? LINES[kind] : undefined
  if (text === undefined) {
    groupIn(all, group)
    if (!read)
      return [
        `found the section type ${shorten(kind, 40)}; wanted ${Object.keys(LINES).join(', ')}`,
        'correct the section',
      ]
    return kind === 'vars' ? { names: group } : { declares: group }
  }
  if (text.startsWith('[') && text.endsWith(']'))
    return [
      `found ${shorten(text, 80)}, which is no section`,
      'write [GROUP], [GROUP:children] or [GROUP:vars], without spaces',
    ]
  return read?.(all, group, text) ?? {}
}

/** Values have no comments here. */
function readVariable(all: Groups, group: string, text: string): Effect | Fault {
  const at = text.indexOf('=')
  if (at < 0) return ['found no =', 'write NAME=VALUE']
  groupIn(all, group).variables.set(text.slice(0, at).trim(), literalOf(text.slice(at + 1).trim()))
  return {}
}

function readChild(all: Groups, group: string, text: string): Effect | Fault {
  const [, child] = /^([^:\]\s]+)\s*(?:#.*)?$/.exec(text) ?? []
  if (child === undefined) return [`found ${shorten(text, 80)}; wanted the name of a group`, 'write one group per line']
  groupIn(all, group).children.add(child)
  return { names: child }
}

function readHosts(all: Groups, group: string, text: string): Effect | Fault {
  const fix = 'write HOST NAME=VALUE …, with quotes around values that have spaces'
  const [pattern, ...assignments] = splitWords(text) ?? []
  if (pattern === undefined) return ['found a quote that is not closed', fix]
  const variables = new Map<string, unknown>()
  for (const word of assignments) {
    const at = word.indexOf('=')
    // A word can be a password.
    if (at < 0) return ['found a word without =; wanted NAME=VALUE', fix]
    variables.set(word.slice(0, at), literalOf(word.slice(at + 1)))
  }
  const wrong = addPattern(all, group, pattern, variables)
  return wrong === undefined ? {} : [wrong, fix]
}
