import { type Command, Option } from 'commander'
import { AgentError } from '../../base/agent-error.ts'
import { escapeControls, hasControls, printable } from '../../base/text/printable.ts'

export const FORMATS = ['text', 'json', 'yaml', 'wide'] as const
export type Format = (typeof FORMATS)[number]

/** Of a command that prints no table with further columns. */
export const PLAIN_FORMATS = ['text', 'json', 'yaml'] as const
export type PlainFormat = (typeof PLAIN_FORMATS)[number]

export interface Column<T> {
  title: string
  of(row: T): string
  /** Only with `-o wide`. */
  wide?: boolean
  /** Omitted when it is empty in every row. */
  rare?: boolean
}

/** `-o`, of every command that prints something. The first format is the default. */
export function formatOption(formats: readonly string[] = PLAIN_FORMATS, description = 'output format'): Option {
  return new Option('-o, --output <format>', description)
    .choices(formats)
    .argParser((given) => oneOf(formats, given))
    .default(formats[0])
}

/** `-o`, for a command that prints a table with further columns. */
export const tableOption = (): Option => formatOption(FORMATS)

/**
 * Adds `-o` to a command that had `--output PATH` in earlier builds: a value that looks like a path (it has a dot or a slash) is taken
 * for the option that has replaced it.
 */
export function withFormatOrPath(
  command: Command,
  replacement: string,
  formats: readonly string[] = PLAIN_FORMATS,
): Command {
  let path: string | undefined
  const option = formatOption(formats)
  const { parseArg = (given: string) => given } = option
  command.addOption(
    option.argParser((given, before) => {
      path = /[./]/.test(given) ? given : undefined
      return path === undefined ? parseArg(given, before) : before
    }),
  )
  return command.on('option:output', () => {
    if (path !== undefined) command.setOptionValueWithSource(replacement, path, 'cli')
  })
}

/** Throws AgentError `usage/output`. */
export function oneOf<T extends string>(formats: readonly T[], given: string): T {
  const found = formats.find((format) => format === given)
  if (found !== undefined) return found
  const known = formats.map((format) => `-o ${format}`)
  throw new AgentError('usage/output', `unknown output format: -o ${given}`, {
    fix: `use ${known.slice(0, -1).join(', ')} or ${known.at(-1)}`,
    kind: 'invalid',
  })
}

/** For `addHelpText('after', …)`: command lines as a person types them. */
export function examples(...lines: string[]): string {
  return ['', lines.length > 1 ? 'Examples:' : 'Example:', ...lines.map((line) => `  ${line}`)].join('\n')
}

/** Rows as a table, or `value` as JSON or YAML. */
export async function render<T>(
  format: Format,
  value: unknown,
  rows: readonly T[],
  columns: readonly Column<T>[],
): Promise<string> {
  if (format === 'json' || format === 'yaml') return structured(format, value)
  return table(
    rows,
    withoutEmpty(
      rows,
      columns.filter(({ wide }) => !wide || format === 'wide'),
    ),
  )
}

/** Omits rare columns that are empty in every row. */
export function withoutEmpty<T>(rows: readonly T[], columns: readonly Column<T>[]): Column<T>[] {
  return columns.filter(({ rare, of }) => !rare || rows.some((row) => of(row) !== ''))
}

/** Control characters in strings are escaped. */
export async function structured(format: 'json' | 'yaml', value: unknown): Promise<string> {
  if (format === 'json') return `${escapeControls(JSON.stringify(value, null, 2))}\n`
  const { stringify, Scalar } = await import('yaml')
  const quoted = (_: unknown, each: unknown) =>
    typeof each === 'string' && hasControls(each.replaceAll('\n', ''))
      ? Object.assign(new Scalar(each), { type: Scalar.QUOTE_DOUBLE })
      : each
  return escapeControls(stringify(value, quoted))
}

/** Control characters in what nodes reported are replaced: they could leave the cell or control the terminal. */
export function table<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
  const lines = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map((column) => printable(column.of(row)) || '-')),
  ]
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)))
  const padded = lines.map((line) => line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '))
  return padded.map((line) => `${line.trimEnd()}\n`).join('')
}

/** One `Name:  value` line for each field, for `show`. */
export function fields(lines: readonly (readonly [name: string, value: string])[]): string {
  return lines.map(([name, value]) => `${`${name}:`.padEnd(12)}${printable(value)}\n`).join('')
}

/** `2026-01-31 14:05:09`, in the time zone of this machine. Structured output has ISO 8601 in UTC. */
export function localTime(iso: string): string {
  const time = new Date(iso)
  time.setMinutes(time.getMinutes() - time.getTimezoneOffset())
  return time.toISOString().slice(0, 19).replace('T', ' ')
}

/** `3s`, `5m`, `2h`, `4d`: how long ago. */
export function age(iso: string | null, now: Date): string {
  if (iso === null) return ''
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(iso)) / 1_000))
  if (seconds < 120) return `${seconds}s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)}m`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)}h` : `${Math.round(seconds / 86_400)}d`
}
