import type { EngineEvent } from '../engine/event.ts'

export interface Terminal {
  write(text: string): void
  isTty: boolean
  columns: number
  /** Also prints log messages of steps. */
  verbose?: boolean
}

type Progress = Extract<EngineEvent, { kind: 'step-progress' }>

/**
 * Prints numbered steps: `[+] Step 2. Installing credentials`. On a terminal, a progress bar is drawn on a line that the next
 * line replaces. Without a terminal only complete lines are written, for readable logs.
 */
export function consoleReporter(terminal: Terminal): (event: EngineEvent) => void {
  const numbers = new Map<string, { number: number; title: string }>()
  let barShown = false

  const clear = () => {
    if (barShown) terminal.write('\r\x1b[2K')
    barShown = false
  }
  const line = (text: string) => {
    clear()
    terminal.write(`${text}\n`)
  }
  const heading = (step: string) => {
    const known = numbers.get(step)
    return known ? `Step ${known.number}. ${known.title}` : step
  }

  return (event) => {
    switch (event.kind) {
      case 'run-started':
        event.steps.forEach(({ id, title }, index) => {
          numbers.set(id, { number: index + 1, title })
        })
        return
      case 'step-started':
        return line(`[+] ${heading(event.step)}`)
      case 'step-skipped':
        return line(`[+] ${heading(event.step)} (${event.because})`)
      case 'step-progress':
        if (!terminal.isTty) return
        terminal.write(`\r\x1b[2K${bar(event, terminal.columns)}`)
        barShown = true
        return
      case 'step-failed':
        return line(`[-] ${heading(event.step)}: failed`)
      case 'log':
        if (event.level === 'warn' || event.level === 'error') return line(`[!] ${event.message}`)
        return terminal.verbose ? line(`    ${event.message}`) : undefined
      case 'step-done':
        return
      case 'run-ended':
        return clear()
    }
  }
}

const WIDEST = 40
const NARROWEST = 5

/** `    [#####     ] 50 %  12 of 24 MiB`, at most as long as the terminal is wide: parts that do not fit are omitted. */
export function bar({ done, of, unit }: Pick<Progress, 'done' | 'of' | 'unit'>, columns: number): string {
  const share = of > 0 ? Math.min(1, done / of) : 0
  const amount = unit === 'bytes' ? `${mebibytes(done)} of ${mebibytes(of)} MiB` : `${done} of ${of}`
  const percent = `${Math.floor(share * 100)} %`
  const tail = `${percent}  ${amount}`
  const width = Math.min(WIDEST, columns - tail.length - 8)
  const filled = Math.round(share * width)
  const drawn = width < NARROWEST ? [] : [`    [${'#'.repeat(filled)}${' '.repeat(width - filled)}] ${tail}`]
  return [...drawn, `    ${tail}`, tail, percent].find((text) => text.length < columns) ?? ''
}

function mebibytes(bytes: number): string {
  return String(Math.round(bytes / 2 ** 20))
}
