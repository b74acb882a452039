import type { ErrorReport } from '../../../base/agent-error.ts'
import { pauseMs, type RetryPolicy } from '../../../base/retry.ts'
import type { LinkStore } from '../../link/link-state.ts'
import type { Log } from '../../log.ts'
import type { ImagesReport } from './images-report.ts'

export interface ImageKeeperOptions {
  link: Pick<LinkStore, 'open'>
  /** Identifies the instruction that made this machine a node, and the list of images that people added; undefined if it is none. */
  provisioned(): string | undefined
  /** Whether a new version of the agent is on trial: its guard does not wait for images. */
  isOnTrial(): boolean
  /** The names of the pinned images; undefined if containerd does not answer. */
  listPinned(): Promise<ReadonlySet<string> | undefined>
  /** Starts the process that keeps the images. Never rejects; the signal ends the process. */
  keep(onReport: (report: ImagesReport) => void, signal: AbortSignal): Promise<void>
  /** Called when the images on this node may have changed. */
  onChange(): void
  log: Log
  sleep(ms: number, signal: AbortSignal): Promise<void>
  signal: AbortSignal
}

export interface ImageKeeper {
  /** The images of the bundle that are missing now. */
  missing(): readonly string[]
  /** Called when there is a new list of images. */
  lookNow(): void
  /** Whether that process runs. It uses the key of the node with which it began. */
  isAtWork(): boolean
  /** Ends the process that keeps the images: a run, which needs the ledger, begins. */
  pause(): Promise<void>
}

/** Not at the start, when the node is busiest. */
const FIRST_MS = 15_000
const EVERY_MS = 30_000
const AFTER_FAILURE: RetryPolicy = { firstMs: 60_000, factor: 2, longestMs: 600_000 }

/**
 * Looks every 30 s whether the images that this node needs are there, and restores those that are gone: they may have been
 * removed by the kubelet of an earlier build when the disk was full, or by a person. Without a connection to the controller,
 * it tries again.
 */
export function imageKeeper(options: ImageKeeperOptions): ImageKeeper {
  const { link, log, sleep, signal } = options
  let missing: readonly string[] = []
  /** Unknown until the images are compared with the bundle of the last instruction. */
  let wanted: readonly string[] | undefined
  let instruction: string | undefined
  let failures = 0
  let told = ''
  let waiting = new AbortController()
  let isNews = false
  let underWay: { stop: AbortController; ended: Promise<void> } | undefined

  function setMissing(names: readonly string[]): void {
    if (names.join() === missing.join()) return
    missing = names
    options.onChange()
  }

  function take(report: ImagesReport): void {
    if ('said' in report) log('info', report.said)
    else if ('missing' in report) {
      if (report.missing.length > 0)
        log('warn', `images are missing, and are imported again: ${report.missing.join(', ')}`)
      setMissing(report.missing)
    } else if ('kept' in report) {
      kept(report)
    } else failed('restore images', report.error)
  }

  function kept({ kept, restored, failed: why, hasNews }: Extract<ImagesReport, { kept: unknown }>): void {
    wanted = why ? undefined : kept
    if (restored.length > 0) log('info', `images are here and pinned: ${restored.join(', ')}`)
    setMissing([])
    if (hasNews) options.onChange()
    if (why) failed('bring images that were added', why)
    else {
      failures = 0
      told = ''
    }
  }

  function failed(what: string, { message, code }: ErrorReport): void {
    failures += 1
    if (message !== told) log('warn', `cannot ${what}, retrying: ${message} (${code})`)
    told = message
  }

  async function look(): Promise<void> {
    const isBusy = () => link.open() !== undefined || options.isOnTrial()
    if (isBusy()) return
    const last = options.provisioned()
    if (last !== instruction) wanted = undefined
    instruction = last
    if (last === undefined) return setMissing([])
    const pinned = await options.listPinned()
    if (pinned === undefined || wanted?.every((name) => pinned.has(name)) || isBusy()) return
    const stop = new AbortController()
    const ended = options.keep(take, AbortSignal.any([stop.signal, signal]))
    underWay = { stop, ended }
    await ended
    underWay = undefined
  }

  /** Until the time is over, or there is a new list. */
  async function pause(ms: number): Promise<void> {
    waiting = new AbortController()
    if (!isNews) {
      await sleep(ms, AbortSignal.any([signal, waiting.signal])).catch((error: unknown) => {
        if (!isNews || signal.aborted) throw error
      })
    }
    isNews = false
  }

  async function keepLooking(): Promise<void> {
    await pause(FIRST_MS)
    for (;;) {
      await look()
      await pause(failures > 0 ? pauseMs(AFTER_FAILURE, failures) : EVERY_MS)
    }
  }
  void keepLooking().catch((error: unknown) => {
    if (!signal.aborted) log('error', `images of this node are no longer watched: ${error}`)
  })
  return {
    missing: () => missing,
    isAtWork: () => underWay !== undefined,
    lookNow() {
      failures = 0
      isNews = true
      waiting.abort()
    },
    async pause() {
      underWay?.stop.abort()
      await underWay?.ended
    },
  }
}
