import { spawn } from 'node:child_process'
import type { ErrorReport } from '../../../base/agent-error.ts'
import type { EngineEvent, Outcome } from '../../../engine/event.ts'
import type { Log } from '../../log.ts'
import type { Self } from '../../self.ts'
import { eachLine } from './own-process.ts'

export interface RunResult {
  outcome: Outcome
  error?: ErrorReport
  /** Whether a signal ended it before it reported how the run ended. */
  wasKilled: boolean
}

export interface RunChild {
  /** Stops at the next safe point. */
  cancel(): void
  /** Never rejects. */
  readonly ended: Promise<RunResult>
}

export interface RunChildOptions {
  self: Self
  argv: readonly string[]
  run: string
  onEvent(event: EngineEvent): void
  log: Log
}

const LINE_BYTES = 1024 * 1024

/** Starts the short-lived process that does the work. Its stdout has events as lines of JSON; its stderr is logged. */
export function startRunChild({ self, argv, run, onEvent, log }: RunChildOptions): RunChild {
  const [command, ...before] = self
  const child = spawn(command, [...before, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
  let last: Extract<EngineEvent, { kind: 'run-ended' }> | undefined
  let errorOutput = ''

  eachLine(child.stdout, (line) => {
    const event = line.length > LINE_BYTES ? undefined : parse(line)
    if (!event) return log('warn', `not an event: ${line.slice(0, 500)}`, run)
    if (event.kind === 'run-ended') last = event
    onEvent(event)
  })
  eachLine(child.stderr, (line) => {
    errorOutput = `${errorOutput}${line}\n`.slice(-2_000)
    log('error', line, run)
  })

  const ended = new Promise<RunResult>((resolve) => {
    const end = (how: string, wasKilled: boolean) =>
      resolve(
        last
          ? { outcome: last.outcome, ...(last.error ? { error: last.error } : {}), wasKilled: false }
          : { outcome: 'failed', error: unexpected(how, errorOutput), wasKilled },
      )
    child.on('error', (error) => end(`could not be started: ${error.message}`, false))
    child.on('close', (code, signal) =>
      signal === null ? end(`ended with exit code ${code}`, false) : end(`was killed by ${signal}`, true),
    )
  })
  return { cancel: () => void child.kill('SIGTERM'), ended }
}

function unexpected(how: string, errorOutput: string): ErrorReport {
  const end = errorOutput.trim() === '' ? '' : `: ${errorOutput.trim()}`
  return {
    code: 'run/ended-early',
    message: `the process of the run ${how}${end}`,
    fix: 'agent logs; then provision again',
  }
}

function parse(line: string): EngineEvent | undefined {
  try {
    return JSON.parse(line) as EngineEvent
  } catch {
    return undefined
  }
}
