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

/** The end of a session, and why, in words; `problem` where there is more to say about it. */
export type SessionEnd = LinkEnd & { why: string; problem?: ErrorReport }

export interface SessionOptions {
  socket: WebSocket
  outbox: Outbox
  hello(): UpBody['hello']
  /** The file with the key and certificate of this installation. */
  nodeIdentity: string
  /** Highest numbered message of the controller that is durable here; every message acknowledges it. */
  lastSeq(): number
  onWelcome(body: DownBody['welcome'], session: Session): void
  on: SessionHandlers
  random(): number
  monotonicMs(): number
  /** Default 75 s. */
  silenceMs?: number
  signal: AbortSignal
}

/** What the agent does with the messages that are not about the session itself. */
export interface SessionHandlers extends Omit<Handlers<DownFrame>, 'welcome' | 'drain' | 'refuse' | 'ack'> {
  /** Resolves once the instruction is durable or refused; a failure ends the session, and it comes again. */
  instruct(frame: Extract<DownFrame, { t: 'instruct' }>): Promise<void>
}

export interface Session {
  /** The outbox has more. */
  pump(): void
  /** A message that may be lost: it is not kept if there is no connection. */
  send<T extends keyof UpBody>(t: T, body: UpBody[T]): void
  /** As `send`, and it is dropped if too much waits to be sent. */
  sendIfIdle<T extends keyof UpBody>(t: T, body: UpBody[T]): void
  /** Ends it, to begin another one at once. */
  renew(why: string): void
}

const MAX_BUFFERED_BYTES = 1024 * 1024

/** Holds one connection from hello to its end, and says how it ended. Never rejects. */
export async function holdSession(options: SessionOptions): Promise<SessionEnd> {
  const { socket, outbox, monotonicMs, random, signal, silenceMs = SUSPECT_MS } = options
  // Loaded while the first answer is on its way: schemas are no part of starting up.
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
      end({ kind: 'drain', spreadMs: body.spreadMs, why: 'the controller asked to come back later' }),
    refuse: ({ body }) => end(refusalOf(body, options.nodeIdentity)),
    ack: () => undefined,
  }
  async function receive(text: string): Promise<void> {
    if (isEnded) return
    const parsed = parseFrame((await schema).DownFrame, text)
    if ('problem' in parsed) return lost(`the controller sent a message that is not known: ${parsed.problem}`)
    const { frame } = parsed
    if ((frame.t === 'welcome') === (welcomedAtMs !== undefined) && frame.t !== 'refuse') {
      return lost(`the controller sent ${frame.t} out of turn`)
    }
    if (frame.t !== 'welcome') window.acknowledged(frame.ack)
    await handle(on, frame)
  }

  // One after another: a message is done with before the next is looked at.
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
    else lost(why)
  })
  const stop = () => lost('the agent is stopping')
  signal.addEventListener('abort', stop)

  send('hello', helloOf(socket, options.hello()))
  later(OPENING_MS, () => welcomedAtMs === undefined && lost('the controller did not welcome this node'))
  // The stop may have come while the connection was being made.
  if (signal.aborted) stop()
  const reason = await ended
  signal.removeEventListener('abort', stop)
  socket.close(CLOSE.done)
  terminateSoon(socket)
  return reason
}

/** False once the connection is closing. */
function ping(socket: WebSocket): boolean {
  if (socket.readyState === socket.OPEN) socket.ping()
  return socket.readyState === socket.OPEN
}

function refusalOf({ code, message }: DownBody['refuse'], nodeIdentity: string): SessionEnd {
  const why = `${message} (${code})`
  if (code !== 'node/two-machines') return { kind: 'refused', why }
  const remove = command`rm ${nodeIdentity}`
  const fix = `if this machine is a copy of the other one: ${remove}, then run the installation again with NAME.pem, its passphrase and --hostname ANOTHER-NAME (not an uninstallation: that would take the original out of the cluster); if it is the original, do that on the copy`
  return { kind: 'refused', why, problem: { code, message, fix } }
}

/** A peer that does not answer the close is not waited for. */
function terminateSoon(socket: WebSocket): void {
  setTimeout(() => socket.terminate(), 1_000).unref()
}
