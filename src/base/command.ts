import { escapeArgv, visible } from './text/escape-argv.ts'

type Words = string | number | readonly string[]

/**
 * A command line that can be pasted into a shell. Each ${} becomes one word, or one word for each entry of a list, and is
 * quoted: no space, glob or quote that comes from a machine is parsed as shell syntax.
 */
export function command({ raw }: TemplateStringsArray, ...words: Words[]): string {
  return raw.map((text, i) => text + (i < words.length ? quoted(words[i] ?? '') : '')).join('')
}

function quoted(words: Words): string {
  return escapeArgv(typeof words === 'object' ? words : [String(words)])
}

/** Separates a command from its remark. No word of a command contains it: see escapeArgv. */
const REMARK = '  # '

type Commands = readonly (string | undefined)[]

/** Each command runs only if the previous one succeeded. */
export function inOrder(...commands: Commands): string {
  return given(commands).join(' && ')
}

/** Each command runs, even if a previous one failed. */
export function independent(...commands: Commands): string {
  return given(commands).join('; ')
}

/** Adds a note as a shell comment, which the shell ignores whatever the note contains. */
export function remarked(line: string, remark: string): string {
  return `${line}${REMARK}${visible(remark)}`
}

/** A fix that is prose, not a command. */
export class Advice {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export function advice(text: string): Advice {
  return new Advice(text)
}

/** The fixes of several findings in one line to paste, with advice as a remark at the end. Without a command, only the advice. */
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
