import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import { Worker } from 'node:worker_threads'
import type { SyncProbe } from '../../host.ts'
import { withFileErrors } from '../files/file-error.ts'

/** Always the same name, so that the next probe removes the file of a killed one. */
const FILE = '.cantrip-sync-probe'

/** Additional time for a single fdatasync that does not return. */
const GRACE_MS = 2_000

/**
 * Measures in a thread, so that a slow disk does not block this process, and the other work of this process is not
 * measured.
 */
export async function syncTimes(directory: string, probe: SyncProbe): Promise<number[]> {
  const path = join(nearestDirectory(directory), FILE)
  const workerData: Task = { ...probe, path }
  const worker = new Worker(`(${measure.toString()})()`, { eval: true, workerData })
  try {
    return await withFileErrors(path, () => answerOf(worker, probe.atMostMs + GRACE_MS))
  } finally {
    // Not awaited, because the thread may hang on a dead disk.
    worker.unref()
    void worker.terminate()
  }
}

function answerOf(worker: Worker, timeoutMs: number): Promise<number[]> {
  const { promise, resolve, reject } = Promise.withResolvers<number[]>()
  const timer = setTimeout(() => resolve([timeoutMs]), timeoutMs)
  worker.once('message', resolve).once('error', reject)
  return promise.finally(() => clearTimeout(timer))
}

function nearestDirectory(path: string): string {
  return path === '/' || existsSync(path) ? path : nearestDirectory(dirname(path))
}

type Task = SyncProbe & { path: string }

/**
 * Runs as the source text of the thread, so it must not refer to anything outside. The file is unlinked as soon as it is
 * open, so that a kill leaves nothing behind; except on btrfs, which does not sync unlinked files.
 */
function measure(): void {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads')
  const { closeSync, fdatasyncSync, openSync, rmSync, statfsSync, writeSync } = process.getBuiltinModule('node:fs')
  const { path, writeBytes, writes, enough, forMs, atMostMs } = workerData as Task
  const btrfs = 0x9123683e
  rmSync(path, { force: true })
  const file = openSync(path, 'wx', 0o600)
  const named = statfsSync(path).type === btrfs
  const times: number[] = []
  try {
    if (!named) rmSync(path)
    const bytes = Buffer.alloc(writeBytes, 'x')
    const startedMs = performance.now()
    const tookMs = () => performance.now() - startedMs
    while (times.length < writes && tookMs() < atMostMs && (tookMs() < forMs || times.length < enough)) {
      writeSync(file, bytes)
      const beforeMs = performance.now()
      fdatasyncSync(file)
      times.push(performance.now() - beforeMs)
    }
  } finally {
    closeSync(file)
    if (named) rmSync(path, { force: true })
  }
  parentPort?.postMessage(times)
}
