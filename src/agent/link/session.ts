import type { WebSocket } from 'ws'
import type { ErrorReport } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'
import { openTimers } from '../../base/timers.ts'
import type { DownBody, DownFrame, UpBody, UpFrame } from '../../protocol/wire/frames.ts'
import { type Handlers, handle } from '../../protocol/wire/messages/handlers.ts'
import { parseFrame } from '../../protocol/wire/messages/parse-frame.ts'
import { acknowledgements } from '../../protocol/wire/session/acknowledgements.ts'
import { heartbeat, watchSilence } from '../../protocol/wire/session/heartbeat.ts'
import { CLOSE, heartbeatMs, OPENING_MS, SUSPECT_MS } from '../../protocol/wire/session/limits.ts'
import type { LinkEnd } from './backoff.ts'
import type { Outbox } from './outbox.ts'
import { frameWriter, helloOf } from './session/frame-writer.ts'
import { sendWindow } from './session/window.ts'

/** How and why a session ended; `problem` if the error has a specific fix. */
export type SessionEnd = LinkEnd & { why: string; problem?: ErrorReport }

export interface SessionOptions {
  socket: WebSocket
  outbox: Outbox
  hello(): UpBody['hello']
  /** The file with the key and certificate of this installation. */
  nodeIdentity: string
  /** Sequence number of the last durable message of the controller, which every sent message acknowledges. */
  lastSeq(): number
  onWelcome(body: DownBody['welcome'], session: Session): void
  on: SessionHandlers
  random(): number
  monotonicMs(): number
  /** Default 75 s. */
  silenceMs?: number
  signal: AbortSignal
}

/** Handlers of the messages that do not concern the session itself. */
export interface SessionHandlers extends Omit<Handlers<DownFrame>, 'welcome' | 'drain' | 'refuse' | 'ack'> {
  /** Resolves when the instruction is durable or refused. A failure ends the session, and the controller sends it again. */
  instruct(frame: Extract<DownFrame, { t: 'instruct' }>): Promise<void>
}

export interface Session {
  /** Sends new messages in the outbox. */
  pump(): void
  /** Sends a message that may be lost; dropped if there is no connection. */
  send<T extends keyof UpBody>(t: T, body: UpBody[T]): void
  /** Like `send`, but also dropped if too many bytes are buffered. */
  sendIfIdle<T extends keyof UpBody>(t: T, body: UpBody[T]): void
  /** Ends the session, so that a new one begins at once. */
  renew(why: string): void
}

const MAX_BUFFERED_BYTES = 1024 * 1024

/** Runs one session from hello to its end, and resolves to the reason. Never rejects. */
export async function holdSession(options: SessionOptions): Promise<SessionEnd> {
  const { socket, outbox, monotonicMs, random, signal, silenceMs = SUSPECT_MS } = options
  // Loaded while the first answer is pending, to start faster.
  const schema = import('../../protocol/wire/frames.ts')
  const { promise: ended, resolve } = Promise.withResolvers<SessionEnd>()
  const { later, clear } = openTimers()
  let isEnded = false
  let welcomedAtMs: number | undefined
  const end = (reason: SessionEnd) => {
    isEnded = true
    clear()
    resolve(reason)
  }
  const lost = (why: string) => {
    const stableMs = welcomedAtMs === undefined ? 0 : monotonicMs() - welcomedAtMs
    end({ kind: 'lost', stableMs, why })
  }

  const write = frameWriter(socket, options.lastSeq)
  const send = (t: UpFrame['t'], body: unknown, seq = 0) => {
    if (isEnded || socket.readyState !== socket.OPEN) return
    acks.sent()
    write(t, body, seq)
  }
  const acks = acknowledgements({ send: () => send('ack', {}), later })
  const isFull = () => isEnded || socket.bufferedAmount >= MAX_BUFFERED_BYTES
  const window = sendWindow({ outbox, send: ({ t, body }, seq) => send(t, body, seq), isFull })
  const silence = watchSilence({
    ...{ limitMs: silenceMs, monotonicMs, later },
    onLimit: () => lost(`the controller has been silent for ${Math.round(silenceMs / 1000)} s`),
  })
  const session: Session = {
    pump: window.pump,
    send,
    sendIfIdle: (t, body) => welcomedAtMs !== undefined && !isFull() && send(t, body),
    renew: (why) => end({ kind: 'drain', spreadMs: 0, why }),
  }

  const on: Handlers<DownFrame> = {
    ...options.on,
    welcome({ body }) {
      welcomedAtMs = monotonicMs()
      window.open(body.lastSeq)
      heartbeat({ pauseMs: () => heartbeatMs(random, body.heartbeatMs), beat: () => ping(socket), later })
      options.onWelcome(body, session)
      window.pump()
    },
    async instruct(frame) {
      await options.on.instruct(frame)
      acks.stored(1)
    },
    drain: ({ body }) =>
      end({ kind: 'drain', spreadMs: body.spreadMs, why: 'the controller asked the agent to reconnect later' }),
    refuse: ({ body }) => end(refusalOf(body, options)),
    ack: () => undefined,
  }
  async function receive(text: string): Promise<void> {
    if (isEnded) return
    const parsed = parseFrame((await schema).DownFrame, text)
    if ('problem' in parsed) return lost(`the controller sent an unknown message: ${parsed.problem}`)
    const { frame } = parsed
    if ((frame.t === 'welcome') === (welcomedAtMs !== undefined) && frame.t !== 'refuse') {
      return lost(`the controller sent ${frame.t} out of turn`)
    }
    if (frame.t !== 'welcome') window.acknowledged(frame.ack)
    await handle(on, frame)
  }

  // Messages are handled one after another.
  let queue: Promise<void> = Promise.resolve()
  socket.on('message', (data, isBinary) => {
    silence.broken()
    if (isBinary) return lost('the controller sent a binary message')
    queue = queue.then(() => receive(data.toString())).catch((error: unknown) => lost(`${error}`))
  })
  socket.on('ping', silence.broken)
  socket.on('pong', silence.broken)
  socket.on('error', (error) => lost(error.message))
  socket.on('close', (code, reason) => {
    const why = `the controller closed the connection (${code} ${reason.toString()})`.replace(' )', ')')
    if (code === CLOSE.removed) end({ kind: 'refused', why })
    else if (code === CLOSE.replaced) end(replaced(why, options))
    else lost(why)
  })
  const stop = () => lost('the agent is stopping')
  signal.addEventListener('abort', stop)

  send('hello', helloOf(socket, options.hello()))
  later(OPENING_MS, () => welcomedAtMs === undefined && lost('the controller did not welcome this node'))
  // The signal may have been aborted while the connection was opened.
  if (signal.aborted) stop()
  const reason = await ended
  signal.removeEventListener('abort', stop)
  socket.close(CLOSE.done)
  terminateSoon(socket)
  return reason
}

/** Sends a ping. False if the connection is closing. */
function ping(socket: WebSocket): boolean {
  if (socket.readyState === socket.OPEN) socket.ping()
  return socket.readyState === socket.OPEN
}

type Own = Pick<SessionOptions, 'nodeIdentity' | 'hello'>

/** An agent has one session: another one has the key. Without a pause both would end each other's session without end. */
function replaced(why: string, own: Own): SessionEnd {
  const message = `another agent connected with the key of this node; ${whichIdentity(own)}`
  const show = `controller node show ${own.hello().nodeName}`
  const fix = `find out which other machine or program has the key; its address is in: ${show}`
  return { kind: 'refused', why, problem: { code: 'node/two-sessions', message, fix } }
}

function whichIdentity({ nodeIdentity, hello }: Own): string {
  const { nodeName, machineId = '' } = hello()
  return `this machine has machine-id ${machineId || 'none'}, and the key of node ${nodeName} in ${nodeIdentity}`
}

function refusalOf({ code, message }: DownBody['refuse'], own: Own): SessionEnd {
  const why = `${message} (${code})`
  if (code !== 'node/two-machines') return { kind: 'refused', why }
  const remove = command`rm ${own.nodeIdentity}`
  const fix = `if this machine is a copy of the other one: ${remove}, then run the installation again with NAME.pem, its passphrase and --hostname ANOTHER-NAME (do not uninstall, which would remove the original from the cluster); if it is the original, do that on the copy`
  return { kind: 'refused', why, problem: { code, message: `${message}; ${whichIdentity(own)}`, fix } }
}

/** Does not wait for a peer that does not answer the close. */
function terminateSoon(socket: WebSocket): void {
  setTimeout(() => socket.terminate(), 1_000).unref()
}
