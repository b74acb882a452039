import type { WebSocket } from 'ws'
import { errorMessage } from '../../base/text/error-message.ts'
import { printable } from '../../base/text/printable.ts'
import { shorten } from '../../base/text/shorten.ts'
import { FIRST_CAPABILITIES } from '../../protocol/wire/capabilities.ts'
import { type DownBody, UpFrame } from '../../protocol/wire/frames.ts'
import { parseFrame } from '../../protocol/wire/messages/parse-frame.ts'
import { heartbeat } from '../../protocol/wire/session/heartbeat.ts'
import { CLOSE, FACTS_COUNT_AS, OPENING_MS } from '../../protocol/wire/session/limits.ts'
import type { Node } from '../domain/records.ts'
import { openTurns } from '../reconcile/turns.ts'
import { deliver, sendControllersToAll, sendTrustToAll } from './deliver.ts'
import { type Inbox, openInbox } from './inbox.ts'
import type { Ingesting } from './ingest.ts'
import type { Presence } from './presence.ts'
import { Rivals } from './rivals.ts'
import { holdMessages } from './session/held-messages.ts'
import { machineOf } from './session/machine-of.ts'
import { lastSeenOf, type Peer, Session } from './session/session.ts'

/** Manages the sessions of agents, one per node. */
export class Hub implements Presence {
  readonly #ports: Ingesting
  readonly #heartbeatMs: () => number
  readonly #sessions = new Map<string, Session>()
  readonly #inbox: Inbox
  readonly rivals: Rivals
  #isClosed = false
  /** Serializes deliveries to each node. */
  readonly #turns = openTurns()

  constructor(ports: Ingesting, heartbeatMs: () => number) {
    this.#ports = ports
    this.#heartbeatMs = heartbeatMs
    this.rivals = new Rivals(ports, {
      sessionOf: (nodeId) => this.#sessions.get(nodeId),
      refuse: (session, why) => this.#refuse(session, why),
    })
    this.#inbox = openInbox(ports, {
      isCurrent: (session) => this.#sessions.get(session.nodeId) === session,
      deliver: (nodeId) => this.deliver(nodeId),
    })
  }

  isConnected(nodeId: string): boolean {
    return this.#sessions.get(nodeId)?.isOpen ?? false
  }

  isBehind({ id, state }: Pick<Node, 'id' | 'state'>): boolean {
    const session = this.#sessions.get(id)
    return session?.isOpen === true && session.sentState !== state
  }

  lastContact(nodeId: string): Date | undefined {
    return this.#sessions.get(nodeId)?.lastContact
  }

  capabilitiesOf(nodeId: string): readonly string[] | undefined {
    const session = this.#sessions.get(nodeId)
    return session?.saidHello ? session.capabilities : undefined
  }

  /**
   * Accepts a connection with a verified certificate. It replaces an older session, unless that one has the same key and still
   * answers: then both end, because two machines have the key.
   */
  accept(socket: WebSocket, nodeId: string, peer: Peer): void {
    const session = new Session(nodeId, socket, peer, this.#heartbeatMs(), this.#ports)
    const onControl = (data: Buffer) => session.arrived(data.length)
    socket.on('ping', onControl).on('pong', onControl)
    // Also of one that is refused: an error without a listener would end the process.
    socket.on('error', (error) => this.#ports.log(`node ${nodeId}: ${error.message}`))
    if (this.rivals.concern(session)) void this.#examine(session)
    else this.#begin(session)
  }

  async #examine(session: Session): Promise<void> {
    const { socket } = session
    const held = holdMessages(session)
    session.machine = machineOf(await held.hello, session.peer)
    // The client may have gone meanwhile.
    if ((await this.rivals.admit(session)) && socket.readyState === socket.OPEN) this.#begin(session)
    held.release()
  }

  #refuse(session: Session, { code, message }: { code: string; message: string }): void {
    session.send('refuse', { code, message })
    session.isOpen = false
    this.#inbox.ignore(session)
    session.end(CLOSE.rival, code)
  }

  #begin(session: Session): void {
    const { socket, nodeId } = session
    if (this.#isClosed) {
      // Its upgrade was in work during the close.
      socket.terminate()
      return
    }
    const older = this.#sessions.get(nodeId)
    if (older?.isOpen) {
      this.#ports.log(
        `node ${nodeId}: a session from ${session.peer.address} replaces the one from ${older.peer.address}`,
      )
    }
    older?.end(CLOSE.replaced, 'a newer session of this node began')
    this.#sessions.set(nodeId, session)
    const noteContact = () => {
      session.lastContact = this.#ports.now()
    }
    socket.on('message', (data, isBinary) => {
      // What the node sent before it received the close frame.
      if (socket.readyState !== socket.OPEN) return
      noteContact()
      if (isBinary) session.end(CLOSE.badMessage, 'binary')
      else this.#take(session, data.toString())
    })
    socket.on('ping', noteContact).on('pong', noteContact)
    socket.on('close', (code) => {
      void this.#left(session, code).catch((error: unknown) =>
        this.#ports.log(`node ${nodeId} disconnected, which could not be stored: ${errorMessage(error)}`),
      )
    })
    session.later(OPENING_MS, () => session.isOpen || session.end(CLOSE.noHello, 'no hello'))
    const { heartbeatMs } = session
    heartbeat({
      pauseMs: () => heartbeatMs,
      beat: () => session.beat(this.#ports.now()),
      later: (ms, work) => session.later(ms, work),
    })
  }

  /** The sessions that are open here. */
  open(): Pick<Session, 'nodeId' | 'capabilities'>[] {
    return [...this.#sessions.values()].filter(({ isOpen }) => isOpen)
  }

  /** A later session of this node began at another controller. */
  replaced(nodeId: string): void {
    this.#ports.log(`node ${nodeId}: a session at another controller replaces the one here`)
    this.#sessions.get(nodeId)?.end(CLOSE.replaced, 'a newer session of this node began')
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

  /** After a change of the URLs. */
  sendControllers(): Promise<void> {
    return sendControllersToAll(this.#ports, [...this.#sessions.values()])
  }

  /** After the keys were rotated. */
  sendTrust(): Promise<void> {
    return sendTrustToAll(this.#ports, [...this.#sessions.values()])
  }

  /** Stores the time of the last contact with connected nodes, for the next start. */
  async saveLastSeen(): Promise<void> {
    const active = [...this.#sessions.values()].filter((session) => session.savedAt !== session.lastContact)
    if (active.length > 0) await this.#ports.store.commit(active.map(lastSeenOf))
    for (const session of active) session.savedAt = session.lastContact
  }

  /** Stores all received messages, and makes nodes reconnect at random times within `spreadMs`. No session begins any more. */
  async close(spreadMs: number): Promise<void> {
    this.#isClosed = true
    await this.#inbox.flush()
    this.#inbox.close()
    await this.saveLastSeen().catch((error: unknown) =>
      this.#ports.log(`cannot store the time of the last contact with nodes: ${errorMessage(error)}`),
    )
    const ended = [...this.#sessions.values()].map((session) => {
      session.send('drain', { spreadMs })
      session.end(CLOSE.goingAway, 'the controller is stopping')
      return session.closed()
    })
    await Promise.all(ended)
  }

  #take(session: Session, text: string): void {
    if (!session.arrived(Buffer.byteLength(text))) return
    const parsed = parseFrame(UpFrame, text)
    if ('problem' in parsed) {
      // It can contain keys that the node chose.
      const problem = printable(shorten(parsed.problem, 120))
      const refused = `node ${session.nodeId} sent a message that was refused`
      this.#ports.refused(refused, `${refused}: ${problem}`)
      session.end(CLOSE.badMessage, problem)
      return
    }
    const { frame } = parsed
    this.#ports.meter.message('received', frame.t)
    if ((frame.t === 'hello') === session.saidHello) {
      session.end(CLOSE.badMessage, 'hello comes first, and once')
      return
    }
    session.saidHello = true
    if (frame.t === 'hello') {
      session.capabilities = frame.body.capabilities ?? FIRST_CAPABILITIES
      session.machine = machineOf(frame.body, session.peer)
      session.knownImages = frame.body.knownImages
    }
    if (frame.t === 'facts') {
      if (!session.arrived(0, FACTS_COUNT_AS - 1) || !session.isNews(frame.body)) return
    }
    this.#inbox.add(session, frame)
  }

  async #left(session: Session, code: number): Promise<void> {
    session.release()
    session.isOpen = false
    if (this.#sessions.get(session.nodeId) !== session) return
    await this.#inbox.flush()
    if (this.#sessions.get(session.nodeId) !== session) return
    this.#sessions.delete(session.nodeId)
    this.#ports.peers.ended(session.nodeId)
    this.#ports.log(`node ${session.nodeId} disconnected (${code})`)
    this.#ports.changes.announce()
    await this.#ports.store.commit([lastSeenOf(session)])
  }
}
