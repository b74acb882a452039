import { PROTOCOL } from '../../protocol/version.ts'
import type { UpFrame } from '../../protocol/wire/frames.ts'
import { CLOSE } from '../../protocol/wire/session/limits.ts'
import type { Node } from '../domain/records.ts'
import type { HasAnnouncements, HasAuthority, HasClock, HasPublicUrls, HasStore } from '../ports.ts'
import { ofCluster } from './changes.ts'
import { sendControllers, sendTrust } from './deliver.ts'
import type { Session } from './session/session.ts'

/** Answers messages of a node after they are stored: welcomes it after its hello, and acknowledges those with a number. */
export async function answer(
  ports: HasStore & Pick<HasClock, 'now'> & HasAnnouncements & HasAuthority & HasPublicUrls,
  session: Session,
  frames: readonly UpFrame[],
): Promise<void> {
  const node = await ports.store.node(session.nodeId)
  if (!node) return
  session.durableSeq = node.upSeq
  for (const frame of frames) if (frame.t === 'hello') await welcome(ports, session, node, frame.body)
  const durable = frames.filter(({ seq }) => seq > 0).length
  const isResult = frames.some(({ t }) => t === 'result')
  if (durable > 0) session.acknowledge(durable, isResult)
}

/** Answers a stored hello. The session is open after that, or ends if both sides share no protocol version. */
async function welcome(
  ports: HasStore & Pick<HasClock, 'now'> & HasAnnouncements & HasAuthority & HasPublicUrls,
  session: Session,
  node: Node,
  { range, lastSeq, knownControllers = [] }: (UpFrame & { t: 'hello' })['body'],
): Promise<void> {
  const cluster = await ports.store.cluster(node.clusterId)
  if (!cluster) return
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
  if (node.facts) session.isNews(node.facts)
  session.send('welcome', {
    version,
    heartbeatMs: session.heartbeatMs,
    lastSeq: node.upSeq,
    now: ports.now().toISOString(),
    state: node.state,
    cluster: cluster.name,
  })
  sendTrust(ports, session)
  session.sentControllers = JSON.stringify(knownControllers)
  sendControllers(ports, session)
  ports.changes.announce(ofCluster(cluster.id))
}
