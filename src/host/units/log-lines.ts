import { maskSecretForms } from '../../base/secret-forms.ts'
import type { Argv } from '../argv.ts'
import type { HostView } from '../host.ts'
import { printableName } from '../kernel/shown-name.ts'

const MOST_LINES = 4
const LINE_CHARACTERS = 400
/** Of a line, to judge it by; some programs write whole objects. */
const JUDGED_CHARACTERS = 1_000
/** Of a journal: more than a program writes between its start and its end. */
const READ_LINES = 200
const JOURNAL_TIMEOUT_MS = 10_000

/** What systemd itself says of a unit that ends and starts; it tells no reason. */
const FROM_SYSTEMD =
  /^\S+\.service: (Main process exited|Failed with result|Scheduled restart|Consumed|Deactivated|Start request repeated|Service .* ended|Unit entered|Control process exited)|^(Starting|Started|Stopping|Stopped|Failed to start) /
/** Of Go's own account of a panic: beside these, the functions. */
const STACK_TRACE = /^(goroutine \d+ \[|created by |\S+\.go:\d+( \+0x[0-9a-f]+)?$)/
/** The last words of a program in klog's form, zap's, logrus' and Go's. */
const FATAL = /^F\d{4} |"level":"(fatal|panic)"|level=(fatal|panic)\b|^panic: |"command failed"/
const HAS_REASON =
  /^[EF]\d{4} |"level":"(error|fatal|panic)"|level=(error|fatal|panic)|\b(error|fatal|panic|failed|cannot|denied|invalid|unknown)\b/i

/**
 * The end of a log, for a message: the lines that tell why it ended, or of errors, where there are any, at most 4 of 400 characters, each
 * once, without secrets, and with control characters escaped.
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
  // The last of those that differ in a time or a number alone, as a program writes them at each start.
  const last = new Map(chosen.map((line) => [line.replace(/\d+/g, '0'), line]))
  return [...last.values()].map(shown).slice(-MOST_LINES)
}

/** `example.org/a.(*T).Method(0xc000012345, {0x1, 0x2})`, in parts, for no pattern to try again at each parenthesis. */
function isFunction(line: string): boolean {
  const at = line.lastIndexOf('(')
  const [name, argumentsOf] = [line.slice(0, Math.max(at, 0)), line.slice(at + 1)]
  return /^[\w./*()-]+$/.test(name) && /^[^)]*\)?$/.test(argumentsOf) && /0x[0-9a-f]|\.\.\.|\{/.test(argumentsOf)
}

/** Of the unit's journal since then; none where there is no journal to read. */
export async function journalText(view: HostView, unit: string, sinceMs?: number): Promise<string> {
  const since = sinceMs === undefined ? [] : [`--since=@${Math.floor(sinceMs / 1000)}`]
  const lines = sinceMs === undefined ? READ_LINES : 5 * READ_LINES
  const argv: Argv = ['journalctl', '--no-pager', '--output=cat', `--lines=${lines}`, ...since, '--unit', unit]
  try {
    const { stdout } = await view.ask(argv, { timeoutMs: JOURNAL_TIMEOUT_MS })
    return stdout
  } catch {
    // A machine without a journal: the reason is missing then, and not the failure.
    return ''
  }
}

/** `: ` and the line, or the lines below. */
export function quoted(lines: readonly string[]): string {
  if (lines.length < 2) return lines.length === 0 ? '' : `: ${lines[0]}`
  return `:\n${lines.map((line) => `    ${line}`).join('\n')}`
}

function shown(line: string): string {
  const escaped = printableName(line)
  return escaped.length > LINE_CHARACTERS ? `${escaped.slice(0, LINE_CHARACTERS)} …` : escaped
}
