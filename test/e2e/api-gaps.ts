import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Bed, inNetwork } from '../support/testbed/bed.ts'

export interface Gap {
  seconds: number
  /** Requests in a row that failed. */
  misses: number
}

/** The times in which the API server of a node did not answer, while the work runs. */
export async function apiGapsDuring(bed: Bed, address: string, work: () => Promise<void>): Promise<Gap[]> {
  const gaps: Gap[] = []
  let open: { sinceMs: number; misses: number } | undefined
  const [command = '', ...args] = inNetwork(bed, [process.execPath, join(import.meta.dirname, 'api-probe.ts'), address])
  const probe = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  createInterface({ input: probe.stdout }).on('line', (line) => {
    const nowMs = performance.now()
    if (line === 'no') open = { sinceMs: open?.sinceMs ?? nowMs, misses: (open?.misses ?? 0) + 1 }
    else if (open) {
      gaps.push({ seconds: (nowMs - open.sinceMs) / 1000, misses: open.misses })
      open = undefined
    }
  })
  try {
    await work()
  } finally {
    const ended = new Promise((resolve) => probe.once('exit', resolve))
    probe.kill()
    await ended
  }
  return gaps
}
