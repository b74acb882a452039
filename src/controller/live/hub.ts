import type { WebSocket } from 'ws'
import { errorMessage } from '../../base/text/error-message.ts'
import { printable } from '../../base/text/printable.ts'
import { shorten } from '../../base/text/shorten.ts'
import { FIRST_CAPABILITIES } from '../../protocol/wire/capabilities.ts'
import { type DownBody, UpFrame } from '../../protocol/wire/frames.ts'
import { parseFrame } from '../../protocol/wire/messages/parse-frame.ts'
import { heartbeat } from '../../protocol/wire/session/heartbeat.ts'
import { CLOSE, OPENING_MS, UNREACHABLE_MS } from '../../protocol/wire/session/limits.ts'
import type { Change } from '../domain/change.ts'
import { openTurns } from '../reconcile/turns.ts'
import { deliver } from './deliver.ts'
import { DECISIVE, type Ingesting, ingest, type Received } from './ingest.ts'
import type { Presence } from './presence.ts'
import type { Rival } from './rival.ts'
import { isAnswering, Rivals } from './rivals.ts'
import { Session } from './session.ts'
import { welcome } from './welcome.ts'

/** Messages that arrive within this time share one transaction, and so one fsync. */
const BATCH_MS = 10

/** Manages the sessions of agents, one per node. */
export class Hub implements Presence {
  readonly #ports: Ingesting
  readonly #heartbeatMs: () => number
  readonly #sessions = new Map<string, Session>()
  readonly #rivals: Rivals
  #batch: { session: Session; frame: UpFrame }[] = []
  #flushTimer: NodeJS.Timeout | undefined
  /** Serializes batches, and deliveries to each node. */
  readonly #turns = openTurns()
  /** Sessions with a message that could not be stored: later messages are not stored either. */
  readonly #broken = new WeakSet<Session>()

  constructor(ports: Ingesting, heartbeatMs: () => number) {
    this.#ports = ports
    this.#heartbeatMs = heartbeatMs
    this.#rivals = new Rivals(ports)
  }

  isConnected(nodeId: string): boolean {
    return this.#sessions.get(nodeId)?.isOpen ?? false
  }

  lastContact(nodeId: string): Date | undefined {
    return this.#sessions.get(nodeId)?.lastContact
  }

  capabilitiesOf(nodeId: string): readonly string[] | undefined {
    const session = this.#sessions.get(nodeId)
    return session?.saidHello ? session.capabilities : undefined
  }

  rivalOf(nodeId: string): Rival | undefined {
    return this.#rivals.of(nodeId)
  }

  /** Accepts a connection with a verified certificate. It replaces an older session, unless that one still answers. */
  accept(socket: WebSocket, nodeId: string, address: string): void {
    const session = new Session(nodeId, socket, address, this.#heartbeatMs(), this.#ports.now())
    const older = this.#sessions.get(nodeId)
    if (!older?.isOpen) {
      this.#begin(session)
      return
    }
    socket.pause()
    socket.on('error', (error) => this.#ports.log(`node ${nodeId}: ${error.message}`))
    void isAnswering(older).then((answers) => {
      socket.resume()
      if (!answers || this.#sessions.get(nodeId) !== older) {
        this.#begin(session)
        return
      }
      const { code, message } = this.#rivals.record(nodeId, { address, present: older.address })
      session.send('refuse', { code, message })
      session.end(CLOSE.rival, code)
    })
  }

  #begin(session: Session): void {
    const { socket, nodeId } = session
    this.#sessions.get(nodeId)?.end(CLOSE.replaced, 'a newer session of this node began')
    this.#sessions.set(nodeId, session)
    const noteContact = () => {
      session.lastContact = this.#ports.now()
    }
    socket.on('message', (data, isBinary) => {
      noteContact()
      if (isBinary) session.end(CLOSE.badMessage, 'binary')
      else this.#take(session, data.toString())
    })
    socket.on('ping', noteContact)
    socket.on('pong', noteContact)
    socket.on('error', (error) => this.#ports.log(`node ${nodeId}: ${error.message}`))
    socket.on('close', (code) => {
      void this.#left(session, code).catch((error: unknown) =>
        this.#ports.log(`node ${nodeId} disconnected, which could not be stored: ${errorMessage(error)}`),
      )
    })
    session.later(OPENING_MS, () => session.isOpen || session.end(CLOSE.noHello, 'no hello'))
    const { heartbeatMs } = session
    heartbeat({
      pauseMs: () => heartbeatMs,
      beat: () => this.#beat(session),
      later: (ms, work) => session.later(ms, work),
    })
  }

  deliver(nodeId: string): void {
    const session = this.#sessions.get(nodeId)
    if (!session) return
    void this.#turns(nodeId, () => deliver(this.#ports, session)).catch((error: unknown) => {
      this.#ports.log(`cannot send to node ${nodeId}: ${errorMessage(error)}`)
      // When the node connects again, it gets what was not sent.
      session.socket.terminate()
    })
  }

  send<T extends keyof DownBody>(nodeId: string, t: T, body: DownBody[T]): boolean {
    const session = this.#sessions.get(nodeId)
    if (!session?.isOpen) return false
    session.send(t, body)
    return true
  }

  /** Stores the time of the last contact with connected nodes, for the next start. */
  async saveLastSeen(): Promise<void> {
    const active = [...this.#sessions.values()].filter((session) => session.savedAt !== session.lastContact)
    if (active.length > 0) await this.#ports.store.commit(active.map(lastSeenOf))
    for (const session of active) session.savedAt = session.lastContact
  }

  /** Stores all received messages, and makes nodes reconnect at random times within `spreadMs`. */
  async close(spreadMs: number): Promise<void> {
    await this.#flush()
    await this.saveLastSeen().catch((error: unknown) =>
      this.#ports.log(`cannot store the time of the last contact with nodes: ${errorMessage(error)}`),
    )
    const sockets = [...this.#sessions.values()].map((session) => {
      session.send('drain', { spreadMs })
      session.end(CLOSE.goingAway, 'the controller is stopping')
      return session.socket
    })
    await Promise.all(sockets.map((socket) => closed(socket)))
  }

  #take(session: Session, text: string): void {
    session.throttle(this.#ports.now())
    const parsed = parseFrame(UpFrame, text)
    if ('problem' in parsed) {
      // It can contain keys that the node chose.
      const problem = printable(shorten(parsed.problem, 120))
      this.#ports.log(`node ${session.nodeId} sent a message that was refused: ${problem}`)
      session.end(CLOSE.badMessage, problem)
      return
    }
    const { frame } = parsed
    if ((frame.t === 'hello') === session.saidHello) {
      session.end(CLOSE.badMessage, 'hello comes first, and once')
      return
    }
    session.saidHello = true
    if (frame.t === 'hello') session.capabilities = frame.body.capabilities ?? FIRST_CAPABILITIES
    this.#batch.push({ session, frame })
    this.#flushTimer ??= setTimeout(() => void this.#flush(), BATCH_MS)
  }

  /** Resolves when all messages received so far are stored and answered, or their sessions terminated. */
  #flush(): Promise<void> {
    clearTimeout(this.#flushTimer)
    this.#flushTimer = undefined
    return this.#turns('', () => {
      // Also what arrived while earlier messages were being stored.
      const batch = this.#batch
      this.#batch = []
      return this.#store(batch)
    })
  }

  async #store(received: readonly { session: Session; frame: UpFrame }[]): Promise<void> {
    const isCurrent = (session: Session) => this.#sessions.get(session.nodeId) === session && !this.#broken.has(session)
    const batch = received.filter(({ session }) => isCurrent(session))
    if (batch.length === 0) return
    const bySession = Map.groupBy(batch, ({ session }) => session)
    try {
      const messages = batch.map(({ session: { nodeId }, frame }): Received => ({ nodeId, frame }))
      await ingest(this.#ports, messages)
      for (const [session, own] of bySession) await this.#answer(session, own)
    } catch (error) {
      // Nothing was acknowledged: the nodes reconnect and send the messages again.
      this.#ports.log(`messages could not be stored: ${errorMessage(error)}`)
      for (const session of bySession.keys()) {
        this.#broken.add(session)
        session.socket.terminate()
      }
    }
    for (const [session, own] of bySession) session.handled(own.length)
  }

  /** Called after the frames are stored. */
  async #answer(session: Session, stored: readonly { frame: UpFrame }[]): Promise<void> {
    const frames = stored.map(({ frame }) => frame)
    const node = await this.#ports.store.node(session.nodeId)
    session.durableSeq = node?.upSeq ?? session.durableSeq
    for (const frame of frames) if (frame.t === 'hello') await welcome(this.#ports, session, frame.body)
    const durable = frames.filter(({ seq }) => seq > 0).length
    if (durable > 0) {
      session.acknowledge(
        durable,
        frames.some(({ t }) => t === 'result'),
      )
    }
    if (frames.some(({ t }) => DECISIVE.includes(t))) this.deliver(session.nodeId)
  }

  /** Returns false after it has closed the session because the node was silent. */
  #beat({ socket, lastContact }: Session): boolean {
    const isSilent = this.#ports.now().getTime() - lastContact.getTime() >= UNREACHABLE_MS
    if (isSilent) socket.terminate()
    else if (socket.readyState === socket.OPEN) socket.ping()
    return !isSilent
  }

  async #left(session: Session, code: number): Promise<void> {
    session.release()
    session.isOpen = false
    if (this.#sessions.get(session.nodeId) !== session) return
    await this.#flush()
    if (this.#sessions.get(session.nodeId) !== session) return
    this.#sessions.delete(session.nodeId)
    this.#ports.log(`node ${session.nodeId} disconnected (${code})`)
    this.#ports.changes.announce()
    await this.#ports.store.commit([lastSeenOf(session)])
  }
}

const lastSeenOf = ({ nodeId, lastContact }: Session): Change => ({
  change: 'set-node',
  id: nodeId,
  to: { lastSeen: lastContact.toISOString() },
})

/** Waits at most a second, then terminates the connection. */
async function closed(socket: WebSocket): Promise<void> {
  if (socket.readyState === socket.CLOSED) return
  const cut = setTimeout(() => socket.terminate(), 1_000)
  await new Promise((resolve) => socket.once('close', resolve))
  clearTimeout(cut)
}
