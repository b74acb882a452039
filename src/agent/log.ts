import type { Redactor } from '../base/text/secret.ts'

export type Level = 'debug' | 'info' | 'warn' | 'error'

export type Log = (level: Level, message: string, run?: string) => void

/** Writes lines such as `2026-01-01T00:00:00.000Z info  r-abc… message` to every sink, with secrets redacted. */
export function createLog(sinks: readonly ((line: string) => void)[], redactor: Redactor, now: () => Date): Log {
  return (level, message, run) => {
    const about = run === undefined ? '' : `${run} `
    for (const part of redactor.redact(message).split('\n')) {
      if (part.trim() === '') continue
      const line = `${now().toISOString()} ${level.padEnd(5)} ${about}${part}`
      for (const sink of sinks) sink(line)
    }
  }
}
