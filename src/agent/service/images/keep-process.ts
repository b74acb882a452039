import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { listPinned } from '../../../host/containerd/pinned-images.ts'
import type { AgentPaths } from '../../paths.ts'
import type { Self } from '../../self.ts'
import { ownProcess } from '../processes/own-process.ts'
import type { ImagesReport } from './images-report.ts'

const TIMEOUT_MS = 30_000
/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 10_000
const MAX_BYTES = 2 ** 22

export async function pinnedNow({ layout }: Pick<AgentPaths, 'layout'>): Promise<ReadonlySet<string> | undefined> {
  const [command, ...argv] = listPinned(layout)
  const options = { timeout: TIMEOUT_MS, maxBuffer: MAX_BYTES }
  const found = await promisify(execFile)(command, argv, options).catch(() => undefined)
  return found && new Set(found.stdout.split('\n'))
}

/** Runs `agent keep-images` to its end. A process that ends without a report has failed. */
export function keepProcess(
  self: Self,
  { instance }: Pick<AgentPaths, 'instance'>,
  graceMs = GRACE_MS,
): (onReport: (report: ImagesReport) => void, signal: AbortSignal) => Promise<void> {
  const argv = ['keep-images', ...(instance === undefined ? [] : ['--instance', instance])]
  return async (onReport, signal) => {
    let isEnded = false
    const { how } = await ownProcess<ImagesReport>(self, argv, {
      ...{ signal, graceMs },
      onMessage(report) {
        isEnded ||= 'kept' in report || 'error' in report
        onReport(report)
      },
    })
    if (isEnded || signal.aborted) return
    const fix = 'none needed: the agent tries again'
    onReport({ error: { code: 'images/ended-early', message: `the process that restores images failed: ${how}`, fix } })
  }
}
