import type { Later } from '../../../base/timers.ts'
import { watchSilence } from '../../../protocol/wire/session/heartbeat.ts'
import { refusal } from '../../domain/admission.ts'
import { STALLED_MS } from '../limits.ts'

export interface Download {
  /** The client has received bytes. */
  drained(): void
  /** The answer is complete, or its connection was closed. */
  ended(): void
}

interface Options {
  /** At once, of each name. */
  most: number
  /** A download ends after so long without drained bytes. */
  limitMs: number
  monotonicMs(): number
  later: Later
  onStalled(of: string): void
}

/** Begins a download of a client, e.g. `node n-1`; `end` closes its connection. Throws the error that the client gets. */
export type BeginDownload = (of: string, end: () => void) => Download

interface Running extends Download {
  end(): void
  drainedAtMs: number
}

export function openDownloads({ most, limitMs, monotonicMs, later, onStalled }: Options): BeginDownload {
  const running = new Map<string, Running[]>()
  return (of, end) => {
    const own = running.get(of) ?? []
    const [stalest] = [...own].sort((a, b) => a.drainedAtMs - b.drainedAtMs)
    if (own.length >= most && stalest) {
      if (monotonicMs() - stalest.drainedAtMs < STALLED_MS) {
        const found = `${of} has ${own.length} downloads`
        throw refusal('limit/downloads', found, 'wait until one of them has ended, then download again')
      }
      stalest.end()
      stalest.ended()
    }
    let isOver = false
    const silence = watchSilence({
      ...{ limitMs, monotonicMs },
      later: (ms, work) => later(ms, () => isOver || work()),
      onLimit() {
        onStalled(of)
        end()
      },
    })
    const download: Running = {
      end,
      drainedAtMs: monotonicMs(),
      drained() {
        silence.broken()
        download.drainedAtMs = monotonicMs()
      },
      ended() {
        isOver = true
        const rest = (running.get(of) ?? []).filter((each) => each !== download)
        if (rest.length > 0) running.set(of, rest)
        else running.delete(of)
      },
    }
    running.set(of, [...(running.get(of) ?? []), download])
    return download
  }
}
