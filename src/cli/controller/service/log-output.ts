import { maskSecretForms } from '../../../base/secret-forms.ts'
import type { Log, LogContext, LogLevel } from '../../../controller/monitoring/log.ts'

export const LOG_FORMATS = ['text', 'json'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

/** sd-daemon(3): the priority of a line for the journal. */
const PRIORITIES: Record<LogLevel, string> = { error: '<3>', warning: '<4>', info: '<6>' }

interface Output {
  format: LogFormat
  /** Whether the journal reads the output: it then knows the priority of each line. */
  toJournal: boolean
  now(): Date
  write(text: string): void
}

/** The log of the process, without secrets. As text, a line of a request ends with its id. */
export function openLog({ format, toJournal, now, write }: Output): Log {
  return (text, about = {}) => {
    const line = maskSecretForms(text)
    const ts = now().toISOString()
    const level = about.level ?? 'info'
    if (format === 'json') return write(`${JSON.stringify({ ts, level, msg: line, ...fieldsOf(about) })}\n`)
    const id = about.requestId === undefined ? '' : ` (request ${about.requestId})`
    const whole = `${ts} ${withId(line, id)}`
    write(`${toJournal ? whole.replaceAll(/^/gm, PRIORITIES[level]) : whole}\n`)
  }
}

const fieldsOf = ({ requestId, route, identity, address }: LogContext) => ({ requestId, route, identity, address })

/** The stack of an error follows in further lines. */
function withId(line: string, id: string): string {
  const end = line.indexOf('\n')
  return end < 0 ? `${line}${id}` : `${line.slice(0, end)}${id}${line.slice(end)}`
}

/** systemd.exec(5): set if standard output or standard error is connected to the journal. */
export function isToJournal(
  { JOURNAL_STREAM }: NodeJS.ProcessEnv,
  { dev, ino }: { dev: number; ino: number },
): boolean {
  return JOURNAL_STREAM === `${dev}:${ino}`
}
