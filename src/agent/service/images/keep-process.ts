import { execFile, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { LIST_PINNED } from '../../../host/containerd/pinned-images.ts'
import type { AgentPaths } from '../../paths.ts'
import type { Self } from '../../self.ts'
import type { ImagesReport } from './images-report.ts'

const TIMEOUT_MS = 30_000
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
): (onReport: (report: ImagesReport) => void, signal: AbortSignal) => Promise<void> {
  const argv = [...before, 'keep-images', ...(instance === undefined ? [] : ['--instance', instance])]
  return async (onReport, signal) => {
    const child = spawn(command, argv, { stdio: ['ignore', 'pipe', 'ignore'] })
    const end = () => void child.kill('SIGTERM')
    signal.addEventListener('abort', end)
    let isEnded = false
    createInterface({ input: child.stdout }).on('line', (line) => {
      const report = parse(line)
      if (report === undefined) return
      isEnded ||= !('missing' in report)
      onReport(report)
    })
    const how = await new Promise<string>((resolve) => {
      child.on('error', ({ message }) => resolve(message))
      child.on('close', (code, killedBy) => resolve(`it ended with ${killedBy ?? `exit code ${code}`}`))
    })
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
