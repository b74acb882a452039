import { maskSecretForms } from '../../base/secret-forms.ts'
import type { Argv } from '../argv.ts'
import type { HostView } from '../host.ts'
import { printableName } from '../kernel/shown-name.ts'

const MOST_LINES = 4
const LINE_CHARACTERS = 400
/** Length of a line that is searched for a reason; some programs log whole objects. */
const JUDGED_CHARACTERS = 1_000
/** Lines of a journal: more than a program writes between start and exit. */
const READ_LINES = 200
const JOURNAL_TIMEOUT_MS = 10_000

/** systemd's own messages about a unit, which contain no reason. */
const FROM_SYSTEMD =
  /^\S+\.service: (Main process exited|Failed with result|Scheduled restart|Consumed|Deactivated|Start request repeated|Service .* ended|Unit entered|Control process exited)|^(Starting|Started|Stopping|Stopped|Failed to start) /
/** Lines of a Go stack trace, except function names. */
const STACK_TRACE = /^(goroutine \d+ \[|created by |\S+\.go:\d+( \+0x[0-9a-f]+)?$)/
/** Fatal errors in the formats of klog, zap, logrus and Go. */
const FATAL = /^F\d{4} |"level":"(fatal|panic)"|level=(fatal|panic)\b|^panic: |"command failed"/
const HAS_REASON =
  /^[EF]\d{4} |"level":"(error|fatal|panic)"|level=(error|fatal|panic)|\b(error|fatal|panic|failed|cannot|denied|invalid|unknown)\b/i

/**
 * The end of a log, for a message: fatal errors, else errors, else any lines. At most 4 lines of 400 characters, without
 * duplicates, with secrets redacted and control characters escaped.
 */
export function reasonLines(text: string): string[] {
  const lines = maskSecretForms(text)
    .split('\n')
    .map((line) => line.trim().slice(0, JUDGED_CHARACTERS))
    .filter((line) => line !== '')
  const own = lines.filter((line) => !FROM_SYSTEMD.test(line) && !STACK_TRACE.test(line) && !isFunction(line))
  const grave = own.filter((line) => FATAL.test(line))
  const telling = own.filter((line) => HAS_REASON.test(line))
  const chosen = [grave, telling, own, lines].find((some) => some.length > 0) ?? []
  // Of lines that differ only in numbers, such as times, keep the last.
  const last = new Map(chosen.map((line) => [line.replace(/\d+/g, '0'), line]))
  return [...last.values()].map(shown).slice(-MOST_LINES)
}

/** Matches `example.org/a.(*T).Method(0xc000012345, {0x1, 0x2})` in parts, to avoid backtracking at each parenthesis. */
function isFunction(line: string): boolean {
  const at = line.lastIndexOf('(')
  const [name, argumentsOf] = [line.slice(0, Math.max(at, 0)), line.slice(at + 1)]
  return /^[\w./*()-]+$/.test(name) && /^[^)]*\)?$/.test(argumentsOf) && /0x[0-9a-f]|\.\.\.|\{/.test(argumentsOf)
}

/** The unit's journal since `sinceMs`; '' if it cannot be read. */
export async function journalText(view: HostView, unit: string, sinceMs?: number): Promise<string> {
  const since = sinceMs === undefined ? [] : [`--since=@${Math.floor(sinceMs / 1000)}`]
  const lines = sinceMs === undefined ? READ_LINES : 5 * READ_LINES
  const argv: Argv = ['journalctl', '--no-pager', '--output=cat', `--lines=${lines}`, ...since, '--unit', unit]
  try {
    const { stdout } = await view.ask(argv, { timeoutMs: JOURNAL_TIMEOUT_MS })
    return stdout
  } catch {
    // A machine without a journal: the failure is reported without a reason.
    return ''
  }
}

/** `: ` and the line, or a colon and the indented lines. */
export function quoted(lines: readonly string[]): string {
  if (lines.length < 2) return lines.length === 0 ? '' : `: ${lines[0]}`
  return `:\n${lines.map((line) => `    ${line}`).join('\n')}`
}

function shown(line: string): string {
  const escaped = printableName(line)
  return escaped.length > LINE_CHARACTERS ? `${escaped.slice(0, LINE_CHARACTERS)} …` : escaped
}
