import type { WebSocket } from 'ws'
import type { UpFrame } from '../../protocol/wire/frames.ts'
import type { SignedInstruction } from '../../protocol/wire/instruction.ts'
import { OPERATION_FRAME } from '../../protocol/wire/operation.ts'
import type { PairCheckDown } from '../../protocol/wire/pair-check.ts'
import type { Core } from '../core.ts'
import { UNREACHABLE_MS } from '../domain/director/director.ts'
import { ingest, type Received } from './ingest.ts'
import { parseFrame } from './parse-frame.ts'
import type { Presence } from './presence.ts'
import type { Rival } from './rival.ts'
import { isAnswering, Rivals } from './rivals.ts'
import { Close, Session } from './session.ts'
import { welcome } from './welcome.ts'

const HELLO_WITHIN_MS = 10_000
/** Messages that come within it share one transaction, and so one fsync. */
const BATCH_MS = 10

/** The agents' side of the controller: one session a node. */
export class Hub implements Presence {
  readonly #core: Core
  readonly #heartbeatMs: () => number
  readonly #sessions = new Map<string, Session>()
  readonly #rivals: Rivals
  #batch: { session: Session; frame: UpFrame }[] = []
  #flushTimer: NodeJS.Timeout | undefined

  constructor(core: Core, heartbeatMs: () => number) {
    this.#core = core
    this.#heartbeatMs = heartbeatMs
    this.#rivals = new Rivals(core)
  }

  isConnected(nodeId: string): boolean {
    return this.#sessions.get(nodeId)?.isOpen ?? false
  }

  lastHeard(nodeId: string): Date | undefined {
    return this.#sessions.get(nodeId)?.lastHeard
  }

  rivalOf(nodeId: string): Rival | undefined {
    return this.#rivals.of(nodeId)
  }

  /** Of a node whose certificate was verified. It takes the place of an older session, unless somebody answers on that. */
  accept(socket: WebSocket, nodeId: string, address: string): void {
    const session = new Session(nodeId, socket, address, this.#heartbeatMs(), this.#core.now())
    const older = this.#sessions.get(nodeId)
    if (!older?.isOpen) {
      this.#begin(session)
      return
    }
    socket.pause()
    socket.on('error', (error) => this.#core.log(`node ${nodeId}: ${error.message}`))
    void isAnswering(older).then((answers) => {
      socket.resume()
      if (!answers || this.#sessions.get(nodeId) !== older) {
        this.#begin(session)
        return
      }
      const { code, message } = this.#rivals.note(nodeId, { address, present: older.address })
      session.send('refuse', { code, message })
      session.end(Close.rival, code)
    })
  }

  #begin(session: Session): void {
    const { socket, nodeId } = session
    this.#sessions.get(nodeId)?.end(Close.replaced, 'a newer session of this node began')
    this.#sessions.set(nodeId, session)
    const heard = () => {
      session.lastHeard = this.#core.now()
    }
    socket.on('message', (data, isBinary) => {
      heard()
      if (isBinary) session.end(Close.badMessage, 'binary')
      else this.#take(session, data.toString())
    })
    socket.on('ping', heard)
    socket.on('pong', heard)
    socket.on('error', (error) => this.#core.log(`node ${nodeId}: ${error.message}`))
    socket.on('close', (code) => this.#left(session, code))
    session.later(HELLO_WITHIN_MS, () => session.isOpen || session.end(Close.noHello, 'no hello'))
    this.#beat(session)
  }

  deliver(nodeId: string): void {
    const session = this.#sessions.get(nodeId)
    if (!session) return
    const node = this.#core.store.nodes.get(nodeId)
    if (!node || node.state === 'REMOVED') {
      session.send('refuse', { code: 'node/removed', message: 'an administrator removed this node' })
      session.end(Close.removed, 'removed')
      return
    }
    if (!session.isOpen) return
    if (session.sentState !== node.state) session.send('state', { state: node.state })
    session.sentState = node.state
    // A node carries out one at a time: what follows a run that was stopped while the node was away comes after its end.
    const [run] = this.#core.store.runs.where("node_id = ? AND state = 'open' ORDER BY seq LIMIT 1", nodeId)
    if (!run) return
    const { payload, signature } = run
    if (run.seq > session.peerSeq) this.#sendOnce(session, run.id, { payload, signature }, run.seq)
    if (run.cancel && !session.sent.has(`cancel ${run.id}`)) {
      session.send('cancel', { run: run.id })
      session.sent.add(`cancel ${run.id}`)
    }
  }

  sendOperation(nodeId: string, operation: SignedInstruction): boolean {
    const session = this.#sessions.get(nodeId)
    if (!session?.isOpen) return false
    session.send(OPERATION_FRAME, operation)
    return true
  }

  sendPairCheck(nodeId: string, body: PairCheckDown): boolean {
    const session = this.#sessions.get(nodeId)
    if (!session?.isOpen) return false
    session.send('pair-check', body)
    return true
  }

  /** Writes down when connected nodes were last heard, so that a restart knows. */
  saveLastSeen(): void {
    const heard = [...this.#sessions.values()].filter((session) => session.savedAt !== session.lastHeard)
    if (heard.length === 0) return
    this.#core.store.transaction(() => {
      for (const session of heard) {
        session.savedAt = session.lastHeard
        this.#core.store.nodes.update(session.nodeId, { lastSeen: session.lastHeard.toISOString() })
      }
    })
  }

  /** Everything that was received is made durable; nodes are asked to come back spread over `spreadMs`. */
  async close(spreadMs: number): Promise<void> {
    this.#flush()
    this.saveLastSeen()
    const sockets = [...this.#sessions.values()].map((session) => {
      session.send('drain', { spreadMs })
      session.end(Close.goingAway, 'the controller goes down')
      return session.socket
    })
    await Promise.all(sockets.map((socket) => closed(socket)))
  }

  #sendOnce(session: Session, runId: string, instruction: SignedInstruction, seq: number): void {
    if (session.sent.has(runId)) return
    session.send('instruct', instruction, seq)
    session.sent.add(runId)
  }

  #take(session: Session, text: string): void {
    session.throttle(this.#core.now())
    const parsed = parseFrame(text)
    if ('problem' in parsed) {
      this.#core.log(`node ${session.nodeId} sent a message that was refused: ${parsed.problem}`)
      session.end(Close.badMessage, parsed.problem)
      return
    }
    const { frame } = parsed
    if ((frame.t === 'hello') === session.saidHello) {
      session.end(Close.badMessage, 'hello comes first, and once')
      return
    }
    session.saidHello = true
    this.#batch.push({ session, frame })
    this.#flushTimer ??= setTimeout(() => this.#flush(), BATCH_MS)
  }

  #flush(): void {
    clearTimeout(this.#flushTimer)
    this.#flushTimer = undefined
    const batch = this.#batch.filter(({ session }) => this.#sessions.get(session.nodeId) === session)
    this.#batch = []
    if (batch.length === 0) return
    const bySession = Map.groupBy(batch, ({ session }) => session)
    try {
      ingest(
        this.#core,
        batch.map(({ session, frame }): Received => ({ nodeId: session.nodeId, frame })),
      )
      for (const [session, received] of bySession) {
        this.#answer(
          session,
          received.map(({ frame }) => frame),
        )
      }
    } catch (error) {
      // Nothing was acknowledged: the nodes come back and send it again.
      this.#core.log(`messages could not be stored: ${error instanceof Error ? error.message : error}`)
      for (const { socket } of bySession.keys()) socket.terminate()
    }
  }

  /** After what the frames say is durable. */
  #answer(session: Session, frames: readonly UpFrame[]): void {
    session.durableSeq = this.#core.store.nodes.get(session.nodeId)?.upSeq ?? session.durableSeq
    for (const frame of frames) if (frame.t === 'hello') welcome(this.#core, session, frame.body)
    const durable = frames.filter(({ seq }) => seq > 0).length
    if (durable > 0) {
      session.acknowledge(
        durable,
        frames.some(({ t }) => t === 'result'),
      )
    }
    this.deliver(session.nodeId)
  }

  #beat(session: Session): void {
    session.later(session.heartbeatMs, () => {
      const silentMs = this.#core.now().getTime() - session.lastHeard.getTime()
      if (silentMs >= UNREACHABLE_MS) {
        session.socket.terminate()
        return
      }
      if (session.socket.readyState === session.socket.OPEN) session.socket.ping()
      this.#beat(session)
    })
  }

  #left(session: Session, code: number): void {
    session.release()
    if (this.#sessions.get(session.nodeId) !== session) return
    this.#flush()
    this.#sessions.delete(session.nodeId)
    this.#core.store.nodes.update(session.nodeId, { lastSeen: session.lastHeard.toISOString() })
    this.#core.log(`node ${session.nodeId} disconnected (${code})`)
    this.#core.changes.announce()
  }
}

/** At most a second: what has not closed by then is cut. */
async function closed(socket: WebSocket): Promise<void> {
  if (socket.readyState === socket.CLOSED) return
  const cut = setTimeout(() => socket.terminate(), 1_000)
  await new Promise((resolve) => socket.once('close', resolve))
  clearTimeout(cut)
}
