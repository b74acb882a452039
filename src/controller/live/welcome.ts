import { PROTOCOL } from '../../protocol/version.ts'
import type { UpFrame } from '../../protocol/wire/frames.ts'
import { CLOSE } from '../../protocol/wire/session/limits.ts'
import type { HasAnnouncements, HasClock, HasStore } from '../ports.ts'
import type { Session } from './session.ts'

/** Answers a stored hello. The session is open after that, or ends if both sides share no protocol version. */
export async function welcome(
  ports: HasStore & Pick<HasClock, 'now'> & HasAnnouncements,
  session: Session,
  { range, lastSeq }: (UpFrame & { t: 'hello' })['body'],
): Promise<void> {
  const node = await ports.store.node(session.nodeId)
  const cluster = node && (await ports.store.cluster(node.clusterId))
  if (!node || !cluster) return
  const version = Math.min(PROTOCOL.max, range.max)
  if (version < PROTOCOL.min || version < range.min) {
    const message = `found protocol ${range.min} to ${range.max}; wanted ${PROTOCOL.min} to ${PROTOCOL.max}`
    session.send('refuse', { code: 'protocol/version', message })
    session.end(CLOSE.removed, 'protocol version')
    return
  }
  session.isOpen = true
  session.peerSeq = lastSeq
  session.sentState = node.state
  session.send('welcome', {
    version,
    heartbeatMs: session.heartbeatMs,
    lastSeq: node.upSeq,
    now: ports.now().toISOString(),
    state: node.state,
    cluster: cluster.name,
  })
  ports.changes.announce()
}
