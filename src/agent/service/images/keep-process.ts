import { execFile, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { LIST_PINNED } from '../../../host/containerd/pinned-images.ts'
import type { AgentPaths } from '../../paths.ts'
import type { Self } from '../../self.ts'
import type { ImagesReport } from './images-report.ts'

const TIMEOUT_MS = 30_000
/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 10_000
const MAX_BYTES = 2 ** 22

export async function listPinned(): Promise<ReadonlySet<string> | undefined> {
  const [command, ...argv] = LIST_PINNED
  const options = { timeout: TIMEOUT_MS, maxBuffer: MAX_BYTES }
  const found = await promisify(execFile)(command, argv, options).catch(() => undefined)
  return found && new Set(found.stdout.split('\n'))
}

/** Runs `agent keep-images` to its end. A process that ends without a report has failed. */
export function keepProcess(
  [command, ...before]: Self,
  { instance }: Pick<AgentPaths, 'instance'>,
  graceMs = GRACE_MS,
): (onReport: (report: ImagesReport) => void, signal: AbortSignal) => Promise<void> {
  const argv = [...before, 'keep-images', ...(instance === undefined ? [] : ['--instance', instance])]
  return async (onReport, signal) => {
    const child = spawn(command, argv, { stdio: ['ignore', 'pipe', 'ignore'] })
    let killTimer: NodeJS.Timeout | undefined
    const end = () => {
      child.kill('SIGTERM')
      killTimer ??= setTimeout(() => child.kill('SIGKILL'), graceMs)
    }
    signal.addEventListener('abort', end)
    let isEnded = false
    // Undefined if no process could be started, for example because too many files are open.
    const output: Readable | undefined = child.stdout
    if (output) {
      createInterface({ input: output }).on('line', (line) => {
        const report = parse(line)
        if (report === undefined) return
        isEnded ||= !('missing' in report)
        onReport(report)
      })
    }
    const how = await new Promise<string>((resolve) => {
      child.on('error', ({ message }) => resolve(message))
      child.on('close', (code, killedBy) => resolve(`it ended with ${killedBy ?? `exit code ${code}`}`))
    })
    clearTimeout(killTimer)
    signal.removeEventListener('abort', end)
    if (isEnded || signal.aborted) return
    const fix = 'none needed: the agent tries again'
    onReport({ error: { code: 'images/ended-early', message: `the process that restores images failed: ${how}`, fix } })
  }
}

function parse(line: string): ImagesReport | undefined {
  try {
    return JSON.parse(line) as ImagesReport
  } catch {
    return undefined
  }
}
