import { AgentError } from '../../base/agent-error.ts'
import { openTimers } from '../../base/timers.ts'
import type { UpFrame } from '../../protocol/wire/frames.ts'
import { failureText } from '../failure-text.ts'
import { openPace } from '../pace.ts'
import { reconcile } from '../reconcile/reconcile.ts'
import { openTurns } from '../reconcile/turns.ts'
import { answer } from './answer.ts'
import { DECISIVE, type Ingesting, ingest, type Received } from './ingest.ts'
import type { Session } from './session/session.ts'

/** Messages that arrive within this time share one transaction, and so one fsync. */
const BATCH_MS = 10

interface Message {
  session: Session
  frame: UpFrame
}

export interface Inbox {
  add(session: Session, frame: UpFrame): void
  /** Nothing that it has sent, and that is not stored yet, is stored. */
  ignore(session: Session): void
  /** Resolves when all messages received so far are stored and answered, or their sessions terminated. */
  flush(): Promise<void>
  /** Decides nothing afterwards. */
  close(): void
}

/**
 * Stores the messages of nodes in batches, one batch at a time, and answers them. `isCurrent`: only messages of such a session are
 * stored. `deliver`: sends to a node what its messages may have led to.
 */
export function openInbox(
  ports: Ingesting,
  { isCurrent, deliver }: { isCurrent(session: Session): boolean; deliver(nodeId: string): void },
): Inbox {
  let batch: Message[] = []
  let timer: NodeJS.Timeout | undefined
  /** Sessions with a message that could not be stored: later messages are not stored either. */
  const broken = new WeakSet<Session>()
  const turns = openTurns()
  const timers = openTimers()
  const pace = openPace({
    decide: (clusterId) => turns('', () => decide(clusterId)),
    monotonicMs: () => performance.now(),
    later: timers.later,
  })

  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    return turns('', () => {
      // Also what arrived while earlier messages were being stored.
      const received = batch
      batch = []
      return store(received)
    })
  }

  async function store(received: readonly Message[]): Promise<void> {
    const accepted = received.filter(({ session }) => isCurrent(session) && !broken.has(session))
    if (accepted.length === 0) return
    const bySession = Map.groupBy(accepted, ({ session }) => session)
    try {
      const messages = accepted.map(({ session: { nodeId }, frame }): Received => ({ nodeId, frame }))
      await ingest(ports, messages, pace.due)
    } catch (error) {
      // A bug that the messages of one node lead to must not end the sessions of others.
      if (bySession.size > 1 && !(error instanceof AgentError)) {
        for (const own of bySession.values()) await store(own)
        return
      }
      giveUp(bySession, error)
      return
    }
    for (const [session, own] of bySession) await reply(session, own)
  }

  async function reply(session: Session, own: readonly Message[]): Promise<void> {
    const frames = own.map(({ frame }) => frame)
    try {
      await answer(ports, session, frames)
      if (frames.some(({ t }) => t === 'hello') && session.isOpen) ports.peers.opened(session)
      if (frames.some(({ t }) => t !== 'facts' && DECISIVE.includes(t))) deliver(session.nodeId)
      session.throttle.handled(own.length)
    } catch (error) {
      giveUp(new Map([[session, own]]), error)
    }
  }

  /** Nothing was acknowledged: the nodes reconnect and send the messages again. */
  function giveUp(bySession: ReadonlyMap<Session, readonly Message[]>, error: unknown): void {
    const [only, ...others] = bySession.keys()
    const whose = only && others.length === 0 ? `node ${only.nodeId}` : `${bySession.size} nodes`
    ports.log(`messages of ${whose} could not be stored: ${failureText(error)}`)
    for (const [session, { length }] of bySession) {
      broken.add(session)
      session.socket.terminate()
      session.throttle.handled(length)
    }
  }

  async function decide(clusterId: string): Promise<void> {
    await reconcile(ports, clusterId, () => undefined).catch((error: unknown) =>
      // The next look at all clusters does it.
      ports.log(`cannot decide about cluster ${clusterId}: ${failureText(error)}`),
    )
  }

  return {
    add(session, frame) {
      session.throttle.queued()
      batch.push({ session, frame })
      timer ??= setTimeout(() => void flush(), BATCH_MS)
    },
    ignore: (session) => void broken.add(session),
    flush,
    close: () => timers.clear(),
  }
}
