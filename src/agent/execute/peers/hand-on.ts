import type { Clock } from '../../../base/retry.ts'
import { errorMessage } from '../../../base/text/error-message.ts'
import { PIECE_PORT, type PieceList } from '../../../protocol/api/delivery/pieces.ts'
import type { HeldPieces } from './held-pieces.ts'
import type { PieceServer } from './piece-server.ts'
import { isRefused, type PieceSources } from './piece-sources.ts'
import type { PieceStore } from './piece-store.ts'

export interface HandOnOptions {
  sources: Pick<PieceSources, 'ask'>
  /** The pieces of the list that are here; undefined if there are none. */
  open(list: PieceList): Promise<HeldPieces | undefined>
  /** Rejects if it cannot listen. */
  serve(store: Pick<PieceStore, 'read'>, bytesPerSecond: () => number | undefined): Promise<PieceServer>
  clock: Clock
  log(message: string): void
  signal: AbortSignal
}

/** No node downloads the bundle any more. */
const IDLE_MS = 30_000
/** No controller answers, for so long. */
const SILENT_MS = 30_000
const AFTER_FAILURE_MS = 1_000
/** If nodes still need pieces then, the controller calls again. */
const LONGEST_MS = 3_600_000
/** Of what is here, so many times. */
const MOST_TIMES = 32

/**
 * Hands on what a node has of a bundle that it has installed, until no node of the cluster downloads it. It gets nothing. Without a
 * controller it ends.
 */
export async function handOn({ sources, open, serve, clock, log, signal }: HandOnOptions): Promise<void> {
  const nowMs = () => clock.now().getTime()
  const startedMs = nowMs()
  let neededMs = startedMs
  let answeredMs = startedMs
  let list: PieceList | undefined
  let held: HeldPieces | undefined
  let server: PieceServer | undefined
  let bytesPerSecond: number | undefined
  let sentBytes = 0

  const read: PieceStore['read'] = async (piece) => {
    const bytes = isOver() ? undefined : await held?.read(piece)
    sentBytes += bytes?.length ?? 0
    return bytes
  }
  const isOver = () => {
    // The clock can be set back.
    if (nowMs() < startedMs || nowMs() - startedMs > LONGEST_MS) return true
    return held !== undefined && sentBytes > MOST_TIMES * held.bytes
  }

  /** Asks once. Returns when to ask again; undefined if there is nothing to do any more. */
  async function trade(): Promise<number | undefined> {
    const {
      uploads,
      list: other,
      peers,
      againMs,
    } = await sources.ask({
      ...{ have: held?.held() ?? [], want: [], free: 0, failed: [] },
      ...(list && { list: list.id }),
      ...(server && { port: PIECE_PORT }),
    })
    answeredMs = nowMs()
    if (uploads === undefined || (list && other)) return undefined
    bytesPerSecond = uploads.bytesPerSecond
    if (peers > 0) neededMs = nowMs()
    if (!other) return nowMs() - neededMs > IDLE_MS ? undefined : againMs
    list = other
    held = await open(other)
    if (!held) return undefined
    try {
      server = await serve({ read }, () => bytesPerSecond)
    } catch (error) {
      log(`this node hands on no pieces: ${errorMessage(error)}`)
      return undefined
    }
    return 0
  }

  /** The same for a question that fails. */
  async function tradeOrWait(): Promise<number | undefined> {
    try {
      return await trade()
    } catch (error) {
      const isLost = isRefused(error) || nowMs() - answeredMs > SILENT_MS
      return isLost ? undefined : AFTER_FAILURE_MS
    }
  }

  try {
    while (!signal.aborted && !isOver()) {
      const pauseMs = await tradeOrWait()
      if (pauseMs === undefined) return
      await clock.sleep(pauseMs, signal).catch(() => undefined)
    }
  } finally {
    await server?.close()
    await held?.close()
    // So that the controller sends nobody here any more.
    const nothing = { have: [], want: [], free: 0, failed: [] }
    if (server && list) await sources.ask({ ...nothing, list: list.id }).catch(() => undefined)
    if (sentBytes > 0) log(`this node handed on ${Math.ceil(sentBytes / 1024 / 1024)} MiB of its bundle to other nodes`)
  }
}
