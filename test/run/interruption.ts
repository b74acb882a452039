import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * The first SIGINT, SIGTERM or SIGHUP aborts the returned signal. Once `cleanUp` has ended, the process exits with 128 +
 * the signal number, even if other work is pending. Later signals are ignored.
 */
export function interruptible(cleanUp: () => Promise<void>): AbortSignal {
  const interrupted = new AbortController()
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (interrupted.signal.aborted) return
      interrupted.abort(new Error(name))
      const failed = (error: unknown) => console.error(error)
      void cleanUp()
        .catch(failed)
        .finally(() => process.exit(128 + constants.signals[name]))
    })
  }
  return interrupted.signal
}

/** Forwards SIGTERM and SIGHUP to a child process while it runs. Ctrl-C reaches it from the terminal. */
export function passSignalsTo(child: ChildProcess): void {
  const pass = (name: NodeJS.Signals) => child.kill(name)
  process.on('SIGTERM', pass).on('SIGHUP', pass)
  child.once('close', () => process.off('SIGTERM', pass).off('SIGHUP', pass))
}
