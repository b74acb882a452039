import { CLOSE } from '../../protocol/wire/session/limits.ts'
import type { HasStore } from '../ports.ts'
import type { Session } from './session.ts'

/** Sends what the store has for the node: its state, its instruction, a cancellation; each once in a session. */
export async function deliver({ store }: HasStore, session: Session): Promise<void> {
  const node = await store.node(session.nodeId)
  if (!node || node.state === 'REMOVED') {
    session.send('refuse', { code: 'node/removed', message: 'an administrator removed this node' })
    session.end(CLOSE.removed, 'removed')
    return
  }
  if (!session.isOpen) return
  if (session.sentState !== node.state) session.send('state', { state: node.state })
  session.sentState = node.state
  // A node executes one run at a time: a run that follows a cancelled one is sent after the cancelled one has ended.
  const run = await store.openRunOf(session.nodeId)
  if (!run) return
  const { id, payload, signature, seq } = run
  if (seq > session.peerSeq) once(session, id, () => session.send('instruct', { payload, signature }, seq))
  if (run.cancel) once(session, `cancel ${id}`, () => session.send('cancel', { run: id }))
}

function once({ sent }: Session, what: string, send: () => void): void {
  if (sent.has(what)) return
  send()
  sent.add(what)
}
