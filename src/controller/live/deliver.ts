import { setImmediate } from 'node:timers/promises'
import { hashOfImages } from '../../protocol/images/hash-of-images.ts'
import type { Controllers } from '../../protocol/wire/lists/controllers.ts'
import type { Images, ListedImage } from '../../protocol/wire/lists/images.ts'
import type { Trust } from '../../protocol/wire/lists/trust.ts'
import { CLOSE } from '../../protocol/wire/session/limits.ts'
import { REJOIN } from '../domain/agent-update/update-needed.ts'
import type { ClusterImage } from '../domain/records.ts'
import type { HasAuthority, HasClock, HasPublicUrls, HasStore } from '../ports.ts'
import type { Session } from './session/session.ts'

type Ports = HasAuthority & Pick<HasClock, 'now'>

const VALID_MS = 86_400_000
/** Nodes request their next certificates within this time. */
const SPREAD_MS = 10_000

/** Sends what the store has for the node: its state, its instruction, a cancellation; each once in a session. */
export async function deliver(ports: Ports & HasStore, session: Session): Promise<void> {
  const { store } = ports
  const node = await store.node(session.nodeId)
  if (!node || node.state === 'REMOVED') {
    session.send('refuse', { code: 'node/removed', message: 'an administrator removed this node' })
    session.end(CLOSE.removed, 'removed')
    return
  }
  if (!session.isOpen) return
  if (session.sentState !== node.state) session.send('state', { state: node.state })
  session.sentState = node.state
  const cluster = await store.cluster(node.clusterId)
  if (cluster) sendImages(ports, session, cluster.images)
  // A node executes one run at a time: a run that follows a cancelled one is sent after the cancelled one has ended.
  const run = await store.openRunOf(session.nodeId)
  if (!run) return
  const { id, role, payload, signature, seq } = run
  // Nothing was known of the agent when the order was made. It expires, and the next one says what is needed.
  if (role === 'restore-etcd' && !session.capabilities.includes(REJOIN)) return
  if (seq > session.peerSeq) once(session, id, () => session.send('instruct', { payload, signature }, seq))
  if (run.cancel) once(session, `cancel ${id}`, () => session.send('cancel', { run: id }))
}

function once({ sent }: Session, what: string, send: () => void): void {
  if (sent.has(what)) return
  send()
  sent.add(what)
}

/** Sends a node what it has to trust since the keys were rotated; once in a session for each change. */
export function sendTrust({ authority, now }: Ports, session: Session): void {
  const list = authority.trustList
  if (!list || !session.isOpen || session.sentTrust === list.generation) return
  const expiresAt = new Date(now().getTime() + VALID_MS).toISOString()
  const trust: Trust = { ...list, node: session.nodeId, expiresAt, spreadMs: SPREAD_MS }
  sendSigned(authority, session, 'trust', trust)
  session.sentTrust = list.generation
}

/** Sends a node the URLs of all controllers, if it does not know them. */
export function sendControllers({ authority, now, publicUrls }: Ports & HasPublicUrls, session: Session): void {
  const urls = [...publicUrls].sort()
  const text = JSON.stringify(urls)
  if (urls.length === 0 || !session.isOpen || session.sentControllers === text) return
  const nowMs = now().getTime()
  const times = { issuedAt: new Date(nowMs).toISOString(), expiresAt: new Date(nowMs + VALID_MS).toISOString() }
  const controllers: Controllers = { node: session.nodeId, ...times, urls }
  sendSigned(authority, session, 'controllers', controllers)
  session.sentControllers = text
}

/** Sends a node the images that people added to its cluster, if it has another list. */
function sendImages({ authority, now }: Ports, session: Session, all: readonly ClusterImage[]): void {
  const known = session.knownImages
  if (!session.isOpen || (known === undefined && all.length === 0)) return
  const images = all.map(({ name, archives, pinned, addedAt }): ListedImage => ({ name, archives, pinned, addedAt }))
  const sha256 = hashOfImages(images)
  if (known?.sha256 === sha256) return
  // Later than the list that the node has, whatever the clocks of the controllers say.
  const issuedMs = Math.max(now().getTime(), Date.parse(known?.issuedAt ?? '') + 1 || 0)
  const issuedAt = new Date(issuedMs).toISOString()
  const expiresAt = new Date(now().getTime() + VALID_MS).toISOString()
  sendSigned(authority, session, 'images', { node: session.nodeId, expiresAt, issuedAt, images })
  session.knownImages = { issuedAt, sha256 }
}

function sendSigned(
  authority: HasAuthority['authority'],
  session: Session,
  t: 'trust' | 'controllers' | 'images',
  list: Trust | Controllers | Images,
): void {
  // `send` would drop what the agent does not understand, but signing takes longer than all else here.
  if (session.capabilities.includes(`frame/${t}`)) session.send(t, authority.signInstruction(JSON.stringify(list)))
}

/** After a change: tells all, and ends sessions with a certificate of a CA that is no longer trusted. */
export function sendTrustToAll(ports: Ports, sessions: readonly Session[]): Promise<void> {
  return oneByOne(sessions, (session) => {
    if (!ports.authority.issuers.some((each) => each === session.peer.issuer))
      session.end(CLOSE.expired, 'the certificate was issued by a CA that is no longer trusted')
    else sendTrust(ports, session)
  })
}

/** After a change: tells all. */
export function sendControllersToAll(ports: Ports & HasPublicUrls, sessions: readonly Session[]): Promise<void> {
  return oneByOne(sessions, (session) => sendControllers(ports, session))
}

/** Others have their turn in between. */
async function oneByOne(sessions: readonly Session[], work: (session: Session) => void): Promise<void> {
  for (const session of sessions) {
    work(session)
    await setImmediate()
  }
}
