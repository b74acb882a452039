import { escapeArgv, visible } from './escape-argv.ts'

type Words = string | number | readonly string[]

/**
 * A command line for a shell that can be pasted as it is. What stands in ${} is one word, or a word for each entry of
 * a list, and is quoted: nothing from a machine, be it a blank, a glob or a quote, is taken for syntax.
 */
export function command({ raw }: TemplateStringsArray, ...words: Words[]): string {
  return raw.map((text, i) => text + (i < words.length ? quoted(words[i] ?? '') : '')).join('')
}

function quoted(words: Words): string {
  return escapeArgv(typeof words === 'object' ? words : [String(words)])
}

/** Stands in no word of a command: see escapeArgv. */
const REMARK = '  # '

type Commands = readonly (string | undefined)[]

/** Each only where those before it have succeeded. */
export function inOrder(...commands: Commands): string {
  return given(commands).join(' && ')
}

/** Each whatever has become of those before it. */
export function independent(...commands: Commands): string {
  return given(commands).join('; ')
}

/** What a person should know about it, as a comment that a shell skips, whatever a machine put into it. */
export function remarked(line: string, remark: string): string {
  return `${line}${REMARK}${visible(remark)}`
}

/** What no command does: a person reads it. */
export class Advice {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export function advice(text: string): Advice {
  return new Advice(text)
}

/** What several findings want done, in one line that can be pasted where any of it can: advice comes last, as a remark. */
export function together(fixes: readonly (string | Advice)[]): string {
  const lines = fixes.filter((fix) => typeof fix === 'string').map((fix) => fix.split(REMARK))
  const words = fixes.flatMap((fix) => (fix instanceof Advice ? [fix.text] : []))
  const remarks = [...new Set([...lines.flatMap(([, ...remark]) => remark), ...words])].join('; ')
  const line = independent(...new Set(lines.map(([line]) => line)))
  if (line === '') return visible(remarks)
  return remarks === '' ? line : remarked(line, remarks)
}

function given(commands: Commands): string[] {
  return commands.filter((line) => line !== undefined && line !== '').map(String)
}
