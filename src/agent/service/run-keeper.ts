import type { ErrorReport } from '../../base/agent-error.ts'
import { isDiskFull } from '../../base/durable-file.ts'
import { shorten } from '../../base/text/shorten.ts'
import type { EngineEvent } from '../../engine/event.ts'
import { eventText } from '../../report/event-text.ts'
import { type OwnProgram, withOwnPath } from '../../report/own-commands.ts'
import type { LinkStore, OpenInstruction } from '../link/link-state.ts'
import type { Outbox, OutboxMessage } from '../link/outbox.ts'
import type { Log } from '../log.ts'
import type { Self } from '../self.ts'
import type { StatusFile } from '../status.ts'
import { type RunChild, type RunResult, startRunChild } from './processes/run-child.ts'
import type { Reserve } from './reserve.ts'

export interface RunKeeperOptions {
  self: Self
  /** The arguments with which this program carries out the open instruction, e.g. `['execute', '--instance', 'x']`. */
  argv: readonly string[]
  link: LinkStore
  outbox: Outbox
  reserve: Reserve
  status: StatusFile
  log: Log
  /** Removes secrets from what leaves this machine. */
  redact(text: string): string
  /** Called when the outbox has new messages. */
  onOutbox(): void
  /** Progress within a step: sent if there is a connection, otherwise dropped. */
  onProgress(run: string, event: EngineEvent): void
  after(ms: number, work: () => void): void
  /** Ends processes that a killed child left running. */
  endLeftBehind(): Promise<void>
}

export interface RunKeeper {
  /** Starts the open instruction, or continues it after a restart. One run at a time. */
  start(): void
  cancel(run: string): void
  refuse(run: string, error: ErrorReport): void
  /** Ends the run at the next safe point. The instruction stays open, and continues at the next start. */
  stop(): Promise<void>
}

const RESTARTS = 3
const RETRY_MS = 2_000
const RESERVE_AFTER_MS = 1_000

/** Carries out the open instruction in a child process, and queues its events and its result for the controller. */
export function keepRuns(options: RunKeeperOptions): RunKeeper {
  const { self, argv, link, outbox, reserve, status, log } = options
  const { fitEvent, fitError } = fitters(options.redact, self)
  let child: RunChild | undefined
  let isStarting = false
  let isStopping = false
  let cancelled: string | undefined
  let restarts = 0
  let waiting: OutboxMessage[] = []

  /** Keeps the order. On a full disk, messages wait in memory; log lines are dropped. */
  function queue(message: OutboxMessage): void {
    waiting.push(message)
    flush()
  }

  function flush(): void {
    while (waiting[0] !== undefined) {
      const message = waiting[0]
      try {
        reserve.spend(() => outbox.append(message))
      } catch (error) {
        if (!isDiskFull(error)) throw error
        waiting = waiting.filter((each) => each.t !== 'event' || each.body.event.kind !== 'log')
        options.after(RETRY_MS, flush)
        return
      }
      waiting.shift()
      if (message.t === 'result') finish(message.body)
    }
    options.onOutbox()
  }

  function finish({ run, outcome }: { run: string; outcome: string }): void {
    const open = link.open()
    if (open?.run !== run) return
    if (outcome === 'done') {
      const { kubernetesVersion } = open
      if (open.role !== 'renew' && open.role !== 'restore-etcd') {
        reserve.spend(() => link.update({ kubernetesVersion }))
        status.update({ kubernetesVersion: kubernetesVersion ?? null })
      }
      link.finish(outcome)
    } else link.finish()
  }

  function take(run: string, event: EngineEvent): void {
    follow(status, run, event)
    // The run continues at the next start of the service, so this end of the child is not its result.
    if (isStopping && event.kind === 'run-ended') {
      log('info', 'stopped at a safe point; continues when the agent starts again', run)
      return
    }
    const line = eventText(event)
    if (line) log(line.level, line.text, run)
    if (event.kind === 'step-progress') options.onProgress(run, event)
    else queue({ t: 'event', body: { run, event: fitEvent(event) } })
  }

  function end(run: string, result: RunResult): void {
    child = undefined
    if (isStopping) return
    if (result.wasKilled && cancelled !== run && restarts < RESTARTS) {
      restarts += 1
      log('warn', `the process of the run was killed; restarting it (${restarts} of ${RESTARTS})`, run)
      options.after(1_000, start)
      return
    }
    const { outcome, error } = result
    status.update({ run: null })
    queue({ t: 'result', body: { run, outcome, ...(error ? { error: fitError(error) } : {}) } })
  }

  function start(): void {
    const open = link.open()
    if (!open || child || isStarting || isStopping || waiting.some(({ t }) => t === 'result')) return
    isStarting = true
    void options.endLeftBehind().then(() => {
      isStarting = false
      if (!isStopping) begin(open)
    })
  }

  function begin({ run, role }: Pick<OpenInstruction, 'run' | 'role'>): void {
    if (cancelled === run) {
      end(run, { outcome: 'cancelled', wasKilled: false })
      return
    }
    status.update({ run: { id: run, role, step: null, done: 0, of: 0 } })
    child = startRunChild({ self, argv, run, onEvent: (event) => take(run, event), log })
    void child.ended.then((result) => end(run, result))
  }

  // Later than the start of the service, because it writes and syncs 1 MiB.
  options.after(RESERVE_AFTER_MS, reserve.fill)
  return {
    start() {
      restarts = 0
      start()
    },
    cancel(run) {
      if (link.open()?.run !== run) return
      cancelled = run
      log('info', 'the controller cancelled the run', run)
      child?.cancel()
    },
    refuse(run, error) {
      log('error', `refused: ${error.message} (${error.code})`, run)
      queue({ t: 'result', body: { run, outcome: 'refused', error: fitError(error) } })
    },
    async stop() {
      isStopping = true
      child?.cancel()
      await child?.ended
    },
  }
}

function follow(status: StatusFile, run: string, event: EngineEvent): void {
  const now = status.get().run
  if (now?.id !== run) return
  if (event.kind === 'run-started') status.update({ run: { ...now, of: event.steps.length, done: 0 } })
  if (event.kind === 'step-started') status.update({ run: { ...now, step: event.title } })
  if (event.kind === 'step-done' || event.kind === 'step-skipped') {
    status.update({ run: { ...now, done: Math.min(now.of, now.done + 1) } })
  }
}

/** In bytes, below the limits of the protocol (frames.ts: 8,192 and 4,096 characters). */
const MAX = { text: 8_000, fix: 4_000, code: 120 } as const

/** Redacts secrets and shortens texts to the limits of the protocol. */
function fitters(redact: (text: string) => string, [path, ...script]: Self) {
  const program: OwnProgram | undefined = script.length === 0 ? { name: 'agent', path } : undefined
  const fitText = (text: string) => shorten(redact(text), MAX.text)
  const fitError = ({ code, message, fix }: ErrorReport): ErrorReport => ({
    code: code.slice(0, MAX.code),
    message: fitText(message),
    fix: shorten(redact(withOwnPath(fix, program)), MAX.fix),
  })
  const fitEvent = (event: EngineEvent): EngineEvent => {
    if (event.kind === 'log') return { ...event, message: fitText(event.message) }
    if (event.kind === 'step-failed') return { ...event, error: fitError(event.error) }
    if (event.kind === 'run-ended' && event.error) return { ...event, error: fitError(event.error) }
    return event
  }
  return { fitEvent, fitError }
}
