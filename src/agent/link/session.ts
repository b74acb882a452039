import type { WebSocket } from 'ws'
import type { ErrorReport } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'
import { SUBPROTOCOL } from '../../protocol/version.ts'
import { CAPABILITIES } from '../../protocol/wire/capabilities.ts'
import type { DownFrame, UpFrame } from '../../protocol/wire/frames.ts'
import { isDeeper } from '../../protocol/wire/json-depth.ts'
import { OPERATION_FRAME } from '../../protocol/wire/released-names.ts'
import type { LinkEnd } from './backoff.ts'
import type { Outbox } from './outbox.ts'

type Up<T extends UpFrame['t']> = Extract<UpFrame, { t: T }>
type Down<T extends DownFrame['t']> = Extract<DownFrame, { t: T }>
/** The end of a session, and why, in words; `problem` where there is more to say about it. */
export type SessionEnd = LinkEnd & { why: string; problem?: ErrorReport }

export interface SessionOptions {
  socket: WebSocket
  outbox: Outbox
  hello(): Up<'hello'>['body']
  /** The file with the key and certificate of this installation. */
  nodeIdentity: string
  /** Highest numbered message of the controller that is durable here; every message acknowledges it. */
  lastSeq(): number
  onWelcome(body: Down<'welcome'>['body'], session: Session): void
  /** Resolves once the instruction is durable or refused; a failure ends the session, and it comes again. */
  onInstruct(frame: Down<'instruct'>): Promise<void>
  /** Answered by `sendOperation`, whenever that is. */
  onOperation(signed: Down<typeof OPERATION_FRAME>['body']): void
  /** Answered by `sendPairCheck`. */
  onPairCheck(body: Down<'pair-check'>['body']): void
  onCancel(run: string): void
  onState(state: Down<'state'>['body']['state']): void
  random(): number
  monotonicMs(): number
  /** Default 75 s. */
  silenceMs?: number
  signal: AbortSignal
}

export interface Session {
  /** The outbox has more. */
  pump(): void
  sendFacts(body: Up<'facts'>['body']): void
  /** A message that may be lost, e.g. how far a step has come. */
  sendLoose(body: Up<'event'>['body']): void
  sendOperation(body: Up<typeof OPERATION_FRAME>['body']): void
  /** Lost where there is no connection. */
  sendPairCheck(body: Up<'pair-check'>['body']): void
  /** Ends it, to begin another one at once. */
  renew(why: string): void
}

const SILENCE_MS = 75_000
const WELCOME_MS = 10_000
const ACK_AFTER_MS = 1_000
const ACK_EVERY = 16
/** Numbered messages under way: what the controller has not acknowledged is not piled up on the wire. */
const WINDOW = 128
const PAGE = 32
const MAX_BUFFERED_BYTES = 1024 * 1024
const CLOSE_REMOVED = 4403

/** Holds one connection from hello to its end, and says how it ended. Never rejects. */
export async function holdSession(options: SessionOptions): Promise<SessionEnd> {
  const { socket, outbox, signal } = options
  // Loaded while the first answer is on its way: schemas are no part of starting up.
  const schema = import('../../protocol/wire/frames.ts')
  const timers = new Set<NodeJS.Timeout>()
  // A controller of a build up to f2add13 refuses a message with a field that it does not know.
  const isEarlier = socket.protocol === SUBPROTOCOL
  let welcomedAtMs: number | undefined
  let sentSeq = 0
  let ackedSeq = 0
  let frames = 0
  let unacknowledged = 0
  let lastHeardMs = options.monotonicMs()
  let finished = false
  let end: (end: SessionEnd) => void = () => undefined
  const ended = new Promise<SessionEnd>((resolve) => {
    end = (reason) => {
      finished = true
      resolve(reason)
    }
  })

  const later = (ms: number, work: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      if (!finished) work()
    }, ms)
    timers.add(timer)
  }
  const lost = (why: string) =>
    end({ kind: 'lost', stableMs: welcomedAtMs === undefined ? 0 : options.monotonicMs() - welcomedAtMs, why })
  const send = (t: UpFrame['t'], body: unknown, seq = 0) => {
    if (finished || socket.readyState !== socket.OPEN) return
    unacknowledged = 0
    frames += 1
    const said = isEarlier && t === 'event' ? withoutMarks(body) : body
    socket.send(JSON.stringify({ v: 1, t, id: `a${frames}`, seq, ack: options.lastSeq(), body: said }))
  }

  const session: Session = {
    pump() {
      if (finished || welcomedAtMs === undefined) return
      while (sentSeq - ackedSeq < WINDOW && socket.bufferedAmount < MAX_BUFFERED_BYTES) {
        const entries = outbox.after(sentSeq, Math.min(PAGE, WINDOW - (sentSeq - ackedSeq)))
        for (const { seq, message } of entries) {
          send(message.t, message.body, seq)
          sentSeq = seq
        }
        if (entries.length === 0) return
      }
    },
    sendFacts: (body) => send('facts', body),
    sendLoose(body) {
      if (welcomedAtMs !== undefined && socket.bufferedAmount < MAX_BUFFERED_BYTES) send('event', body)
    },
    sendOperation: (body) => send(OPERATION_FRAME, body),
    sendPairCheck: (body) => send('pair-check', body),
    renew: (why) => end({ kind: 'drain', spreadMs: 0, why }),
  }

  const acknowledgeLater = () => {
    unacknowledged += 1
    if (unacknowledged >= ACK_EVERY) send('ack', {})
    else if (unacknowledged === 1) later(ACK_AFTER_MS, () => unacknowledged > 0 && send('ack', {}))
  }
  const beat = (heartbeatMs: number) => {
    later(heartbeatMs * (0.8 + 0.4 * options.random()), () => {
      if (socket.readyState === socket.OPEN) socket.ping()
      beat(heartbeatMs)
    })
  }
  const watchSilence = () => {
    const limitMs = options.silenceMs ?? SILENCE_MS
    const leftMs = lastHeardMs + limitMs - options.monotonicMs()
    if (leftMs <= 0) lost(`the controller has been silent for ${Math.round(limitMs / 1000)} s`)
    else later(leftMs, watchSilence)
  }

  function learnAck(seq: number): void {
    if (seq <= ackedSeq) return
    ackedSeq = seq
    outbox.acknowledge(seq)
    session.pump()
  }

  async function take(frame: DownFrame): Promise<void> {
    if ((frame.t === 'welcome') === (welcomedAtMs !== undefined) && frame.t !== 'refuse') {
      return lost(`the controller sent ${frame.t} out of turn`)
    }
    if (frame.t !== 'welcome') learnAck(frame.ack)
    switch (frame.t) {
      case 'welcome':
        welcomedAtMs = options.monotonicMs()
        ackedSeq = frame.body.lastSeq
        sentSeq = frame.body.lastSeq
        outbox.acknowledge(frame.body.lastSeq)
        beat(frame.body.heartbeatMs)
        options.onWelcome(frame.body, session)
        return session.pump()
      case 'instruct':
        await options.onInstruct(frame)
        return acknowledgeLater()
      case OPERATION_FRAME:
        return options.onOperation(frame.body)
      case 'pair-check':
        return options.onPairCheck(frame.body)
      case 'cancel':
        return options.onCancel(frame.body.run)
      case 'state':
        return options.onState(frame.body.state)
      case 'drain':
        return end({ kind: 'drain', spreadMs: frame.body.spreadMs, why: 'the controller asked to come back later' })
      case 'refuse':
        return end(refusalOf(frame.body, options.nodeIdentity))
      case 'ack':
        return
    }
  }

  // One after another: a message is done with before the next is looked at.
  let queue: Promise<void> = Promise.resolve()
  const receive = async (text: string) => {
    if (finished) return
    if (isDeeper(text)) return lost('the controller sent a message that nests too deep')
    const { DownFrame } = await schema
    const parsed = DownFrame.safeParse(JSON.parse(text))
    if (!parsed.success)
      return lost(`the controller sent a message that is not known: ${parsed.error.issues[0]?.message}`)
    await take(parsed.data)
  }
  const heard = () => {
    lastHeardMs = options.monotonicMs()
  }
  socket.on('message', (data, isBinary) => {
    heard()
    if (isBinary) return lost('the controller sent a binary message')
    queue = queue.then(() => receive(data.toString())).catch((error: unknown) => lost(`${error}`))
  })
  socket.on('ping', heard)
  socket.on('pong', heard)
  socket.on('error', (error) => lost(error.message))
  socket.on('close', (code, reason) => {
    const why = `the controller closed the connection (${code} ${reason.toString()})`.replace(' )', ')')
    if (code === CLOSE_REMOVED) end({ kind: 'refused', why })
    else lost(why)
  })
  const stop = () => lost('the agent is stopping')
  signal.addEventListener('abort', stop)

  send('hello', { ...options.hello(), ...(isEarlier ? {} : { capabilities: CAPABILITIES }) })
  later(WELCOME_MS, () => welcomedAtMs === undefined && lost('the controller did not welcome this node'))
  watchSilence()
  // The stop may have come while the connection was being made.
  if (signal.aborted) stop()
  const reason = await ended
  signal.removeEventListener('abort', stop)
  for (const timer of timers) clearTimeout(timer)
  socket.close(1000)
  terminateSoon(socket)
  return reason
}

function refusalOf({ code, message }: Down<'refuse'>['body'], nodeIdentity: string): SessionEnd {
  const why = `${message} (${code})`
  if (code !== 'node/two-machines') return { kind: 'refused', why }
  const remove = command`rm ${nodeIdentity}`
  const fix = `if this machine is a copy of the other one: ${remove}, then run the installation again with NAME.pem, its passphrase and --hostname ANOTHER-NAME (not an uninstallation: that would take the original out of the cluster); if it is the original, do that on the copy`
  return { kind: 'refused', why, problem: { code, message, fix } }
}

function withoutMarks(body: unknown): unknown {
  const { event, ...rest } = body as Up<'event'>['body']
  return { ...rest, event: { ...event, marks: undefined } }
}

/** A peer that does not answer the close is not waited for. */
function terminateSoon(socket: WebSocket): void {
  setTimeout(() => socket.terminate(), 1_000).unref()
}
