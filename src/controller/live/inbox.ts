import { errorMessage } from '../../base/text/error-message.ts'
import { openTimers } from '../../base/timers.ts'
import type { UpFrame } from '../../protocol/wire/frames.ts'
import { openPace } from '../pace.ts'
import { reconcile } from '../reconcile/reconcile.ts'
import { openTurns } from '../reconcile/turns.ts'
import { answer } from './answer.ts'
import { DECISIVE, type Ingesting, ingest, type Received } from './ingest.ts'
import type { Session } from './session/session.ts'

/** Messages that arrive within this time share one transaction, and so one fsync. */
const BATCH_MS = 10

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
  let batch: { session: Session; frame: UpFrame }[] = []
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

  async function store(received: readonly { session: Session; frame: UpFrame }[]): Promise<void> {
    const accepted = received.filter(({ session }) => isCurrent(session) && !broken.has(session))
    if (accepted.length === 0) return
    const bySession = Map.groupBy(accepted, ({ session }) => session)
    try {
      const messages = accepted.map(({ session: { nodeId }, frame }): Received => ({ nodeId, frame }))
      await ingest(ports, messages, pace.due)
      for (const [session, own] of bySession) {
        const frames = own.map(({ frame }) => frame)
        await answer(ports, session, frames)
        if (frames.some(({ t }) => t === 'hello') && session.isOpen) ports.peers.opened(session)
        if (frames.some(({ t }) => DECISIVE.includes(t))) deliver(session.nodeId)
      }
    } catch (error) {
      // Nothing was acknowledged: the nodes reconnect and send the messages again.
      ports.log(`messages could not be stored: ${errorMessage(error)}`)
      for (const session of bySession.keys()) {
        broken.add(session)
        session.socket.terminate()
      }
    }
    for (const [session, own] of bySession) session.throttle.handled(own.length)
  }

  async function decide(clusterId: string): Promise<void> {
    await reconcile(ports, clusterId, () => undefined).catch((error: unknown) =>
      // The next look at all clusters does it.
      ports.log(`cannot decide about cluster ${clusterId}: ${errorMessage(error)}`),
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
