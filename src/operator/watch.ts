import type { IncomingMessage } from 'node:http'
import { pauseMs } from '../base/retry.ts'
import { errorMessage } from '../base/text/error-message.ts'
import { ApiStatusError, getJson, type InCluster, openApi } from './in-cluster.ts'
import { POLICY, sleep } from './pause.ts'

interface WithMetadata {
  metadata: { uid: string; resourceVersion?: string }
}
interface List<T> {
  metadata: { resourceVersion: string; continue?: string }
  items: T[]
}
interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  object: T & { code?: number; message?: string }
}

export interface WatchOptions<T, R> {
  cluster: InCluster
  /** e.g. `/api/v1/pods` */
  path: string
  /** Only objects with these fields, e.g. `spec.signerName=…`. */
  fields?: string
  /** Reduces an object to the part that is kept in memory. */
  reduce(object: T): R
  onChange(): void
  log(message: string): void
  random(): number
  signal: AbortSignal
}

/** The API server ends a watch after this time. It sends a bookmark every minute, so an idle connection is broken. */
const WATCH_SECONDS = 300
const IDLE_MS = 120_000
const PAGE = 500

/**
 * Keeps `kept` in sync with the API: a list, then a watch from its version, repeated until aborted. `synced` is true after the
 * first list.
 */
export class Watch<T extends WithMetadata, R> {
  readonly kept = new Map<string, R>()
  synced = false
  readonly #options: WatchOptions<T, R>

  constructor(options: WatchOptions<T, R>) {
    this.#options = options
  }

  get #selector(): string {
    const { fields } = this.#options
    return fields === undefined ? '' : `&fieldSelector=${encodeURIComponent(fields)}`
  }

  async run(): Promise<void> {
    const { log, path, random, signal } = this.#options
    let failures = 0
    let from: string | undefined
    while (!signal.aborted) {
      try {
        from ??= await this.#list()
        from = await this.#watch(from)
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        // 410 Gone: the API server no longer has this version, so the next turn lists again.
        const isGone = error instanceof ApiStatusError && error.status === 410
        from = undefined
        if (isGone) continue
        log(`watching ${path}: ${errorMessage(error)}`)
        failures += 1
        await sleep(pauseMs(POLICY, failures, random), signal)
      }
    }
  }

  async #list(): Promise<string> {
    const { cluster, onChange, path, reduce, signal } = this.#options
    const selector = this.#selector
    const found = new Map<string, R>()
    let page: List<T> | undefined
    do {
      const next: string = page?.metadata.continue ? `&continue=${encodeURIComponent(page.metadata.continue)}` : ''
      page = await getJson<List<T>>(cluster, `${path}?limit=${PAGE}${selector}${next}`, signal)
      for (const item of page.items) found.set(item.metadata.uid, reduce(item))
    } while (page.metadata.continue)
    this.kept.clear()
    for (const [uid, value] of found) this.kept.set(uid, value)
    this.synced = true
    onChange()
    return page.metadata.resourceVersion
  }

  /** Resolves with the version to continue from, when the server ends the watch. */
  async #watch(from: string): Promise<string> {
    const { cluster, onChange, path, reduce, signal } = this.#options
    const query = `watch=1${this.#selector}&allowWatchBookmarks=true&timeoutSeconds=${WATCH_SECONDS}&resourceVersion=${from}`
    const response = await openApi(cluster, `${path}?${query}`, { signal, idleMs: IDLE_MS })
    let version = from
    for await (const line of linesOf(response)) {
      const { type, object } = JSON.parse(line) as WatchEvent<T>
      if (type === 'ERROR') throw new ApiStatusError(path, object.code ?? 0, object.message ?? '')
      version = object.metadata.resourceVersion ?? version
      if (type === 'BOOKMARK') continue
      if (type === 'DELETED') this.kept.delete(object.metadata.uid)
      else this.kept.set(object.metadata.uid, reduce(object))
      onChange()
    }
    return version
  }
}

/** Unlike node:readline, closes the connection when the reader stops, and throws connection errors. */
async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  response.setEncoding('utf8')
  let rest = ''
  for await (const chunk of response) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}
