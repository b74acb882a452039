import type { Clock } from '../../../base/retry.ts'
import { errorMessage } from '../../../base/text/error-message.ts'
import {
  type FailedPiece,
  PIECE_PORT,
  type PieceList,
  type PieceSource,
  type PiecesRequest,
} from '../../../protocol/api/delivery/pieces.ts'
import type { PieceServer } from './piece-server.ts'
import { isRefused, type PieceSources } from './piece-sources.ts'
import type { PieceStore } from './piece-store.ts'
import { openTally } from './tally.ts'

export interface SwarmOptions {
  sources: PieceSources
  /** Opens the pieces that are here already. */
  openStore(list: PieceList): Promise<PieceStore>
  /** Rejects if it cannot listen. */
  serve(store: PieceStore, bytesPerSecond: () => number | undefined): Promise<PieceServer>
  clock: Clock
  log(level: 'info' | 'warn', message: string): void
  signal: AbortSignal
}

/** Gets pieces of a bundle from the controller and from peers, and hands them on, until it is closed. */
export interface Swarm {
  /**
   * Resolves when all pieces of the file are here, or when nobody hands on pieces, or no controller is reached, or too little arrives:
   * the rest has to be downloaded then. Undefined: no piece is here. Rejects only with the reason of the signal.
   */
  fill(path: string, onPiece?: (part: number) => void): Promise<PieceStore | undefined>
  close(): Promise<void>
}

const AT_ONCE = 6
const WANTED = 64
/** Fewer than FEWEST pieces in this time, and none on its way from the controller: the download is faster without peers. */
const STUCK_MS = 30_000
const FEWEST = 2
/** Pieces that the controller did not send, one after the other. */
const MOST_FAILURES = 5
/** No controller answers, for so long. */
const SILENT_MS = 10_000
const AFTER_FAILURE_MS = 500

interface Wanted {
  path: string
  end(): void
  onPiece?: ((part: number) => void) | undefined
}

export function openSwarm({ sources, openStore, serve, clock, log, signal }: SwarmOptions): Swarm {
  const wanted = new Set<Wanted>()
  const underWay = new Set<number>()
  const named = new Set<string>()
  const failed: FailedPiece[] = []
  let list: PieceList | undefined
  let store: PieceStore | undefined
  let server: PieceServer | undefined
  let bytesPerSecond: number | undefined
  let canServe = true
  let failures = 0
  /** Since then, fewer than FEWEST pieces have arrived. */
  let fewSinceMs = 0
  let arrived = 0
  const tally = openTally()
  let fromController = 0
  let answeredMs = Number.POSITIVE_INFINITY
  let isOver = false
  let wake: () => void = () => undefined
  let working: Promise<void> | undefined
  const nowMs = () => clock.now().getTime()

  const missingOf = (path: string) => store?.of(path).filter((piece) => !store?.has(piece)) ?? []

  function request(): PiecesRequest {
    const want = [...wanted].flatMap(({ path }) => missingOf(path)).filter((piece) => !underWay.has(piece))
    const told = failed.splice(0, 16)
    return {
      ...{ have: store?.held() ?? [], want: want.slice(0, WANTED), free: AT_ONCE - underWay.size, failed: told },
      ...(list && { list: list.id }),
      ...(server && { port: PIECE_PORT }),
    }
  }

  /** Ends those that are complete, and all of them if too little arrives. */
  function endFiles(): void {
    for (const each of wanted) {
      if (!isOver && (store === undefined || missingOf(each.path).length > 0)) continue
      wanted.delete(each)
      each.end()
    }
    // The wall clock can be set back.
    fewSinceMs = Math.min(fewSinceMs, nowMs())
    if (wanted.size === 0 || fromController > 0 || nowMs() - fewSinceMs <= STUCK_MS) return
    giveUp(new Error(`fewer than ${FEWEST} pieces arrived in ${STUCK_MS / 1_000} s`))
    if (isOver) endFiles()
  }

  function begin(): void {
    fewSinceMs = nowMs()
    arrived = 0
  }

  async function take({ piece: number, from }: PieceSource): Promise<void> {
    const piece = store?.pieces[number]
    if (!piece || !store || !list || underWay.has(number) || store.has(number)) return
    underWay.add(number)
    if (!from) fromController += 1
    const path = list.files[piece.file]?.path ?? ''
    try {
      if (from) {
        const got = await sources.fromPeer(number, piece, from)
        const isRight = 'bytes' in got && (await store.write(number, got.bytes))
        if (!isRight) return blame(number, from, path, got)
      } else if (await store.write(number, await sources.fromController(piece, list))) failures = 0
      else throw new Error(`the controller sent a wrong piece of ${path}`)
      tally.add(from !== undefined, piece.size)
      noteArrival(path, store)
    } catch (error) {
      failures += 1
      if (failures >= MOST_FAILURES) giveUp(error)
    } finally {
      underWay.delete(number)
      if (!from) fromController -= 1
      wake()
    }
  }

  /** A piece of the file has arrived. */
  function noteArrival(path: string, { of }: PieceStore): void {
    arrived += 1
    if (arrived >= FEWEST) begin()
    for (const each of wanted) {
      if (each.path !== path) continue
      each.onPiece?.(1 - missingOf(path).length / of(path).length)
    }
  }

  function blame(
    piece: number,
    { node, name, address, port }: NonNullable<PieceSource['from']>,
    path: string,
    got: Awaited<ReturnType<PieceSources['fromPeer']>>,
  ): void {
    const why = 'bytes' in got ? 'wrong' : got.failed
    failed.push({ piece, node, why })
    if (why === 'busy' || named.has(node)) return
    named.add(node)
    const peer = `node ${name} (${address}:${port})`
    if ('bytes' in got) log('warn', `${peer} sent a wrong piece of ${path}: this node gets nothing from it any more`)
    else log('info', `${peer} hands on no pieces to this node: ${got.why}`)
  }

  function giveUp(error: unknown): void {
    if (signal.aborted || isOver) return
    isOver = true
    log('info', `files are downloaded from the controller only: ${errorMessage(error)}`)
  }

  async function listen(): Promise<void> {
    if (server || !canServe || !store || store.held().length === 0) return
    canServe = false
    server = await serve(store, () => bytesPerSecond).catch((error: unknown) => {
      log('info', `this node hands on no pieces: ${errorMessage(error)}`)
      return undefined
    })
  }

  /** Asks once. Returns how long to wait for something to happen. */
  async function trade(): Promise<number> {
    const asked = request()
    const answer = await sources.ask(asked)
    answeredMs = nowMs()
    if (answer.uploads === undefined) {
      isOver = true
      return 0
    }
    bytesPerSecond = answer.uploads.bytesPerSecond
    if (answer.list) {
      if (list && list.id !== answer.list.id) giveUp(new Error('the controller has other copies of the files now'))
      else await openList(answer.list)
      return 0
    }
    for (const source of answer.take) void take(source)
    if (answer.peers > 0) await listen()
    // Each piece that arrives ends the pause.
    return answer.againMs * (1 + underWay.size)
  }

  async function openList(answered: PieceList): Promise<void> {
    list = answered
    try {
      store ??= await openStore(answered)
    } catch (error) {
      giveUp(error)
    }
  }

  async function work(): Promise<void> {
    while (!isOver && !signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve
      })
      let pauseMs = AFTER_FAILURE_MS
      try {
        pauseMs = await trade()
      } catch (error) {
        // A controller of an earlier build does not know the question.
        if (isRefused(error)) isOver = true
        answeredMs = Math.min(answeredMs, nowMs())
        if (nowMs() - answeredMs >= SILENT_MS) giveUp(error)
      }
      endFiles()
      if (pauseMs > 0 && !isOver) {
        const stop = new AbortController()
        const slept = clock.sleep(pauseMs, AbortSignal.any([stop.signal, signal])).catch(() => undefined)
        await Promise.race([woken, slept])
        stop.abort()
      }
      endFiles()
    }
    isOver = true
    endFiles()
    if (!server) return
    await server.close()
    server = undefined
    // So that the controller sends nobody here any more, and calls this node when it is needed again.
    await sources.ask(request()).catch(() => undefined)
  }

  return {
    async fill(path, onPiece) {
      if (!isOver) {
        await new Promise<void>((resolve) => {
          if (wanted.size === 0) begin()
          if (!working) answeredMs = nowMs()
          wanted.add({ path, end: resolve, onPiece })
          working ??= work()
          wake()
        })
      }
      signal.throwIfAborted()
      return store
    },
    async close() {
      isOver = true
      wake()
      await working
      const told = tally.text()
      if (told) log('info', told)
      sources.close()
      await store?.close()
    },
  }
}
