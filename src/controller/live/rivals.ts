import { randomUUID } from 'node:crypto'
import type { ErrorReport } from '../../base/agent-error.ts'
import type { HasAnnouncements, HasClock, HasLog, HasStore } from '../ports.ts'
import type { Rival } from './rival.ts'
import type { Session } from './session.ts'

const ANSWER_MS = 3_000
/** A refused machine tries again within 15 minutes. */
const CURRENT_MS = 20 * 60_000

/**
 * Whether an older session still answers when a new one of the same node begins: then two machines have its key. A connection
 * that was interrupted, for example by a power cut, does not answer, and the new session replaces it.
 */
export function isAnswering({ socket }: Session): Promise<boolean> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve(false)
  const token = randomUUID()
  return new Promise((resolve) => {
    const settle = (answers: boolean) => {
      clearTimeout(timer)
      socket.off('pong', onPong).off('close', onClose)
      resolve(answers)
    }
    const onPong = (data: Buffer) => data.toString() === token && settle(true)
    const onClose = () => settle(false)
    const timer = setTimeout(onClose, ANSWER_MS)
    socket.on('pong', onPong).on('close', onClose)
    socket.ping(token)
  })
}

type Ports = HasStore & Pick<HasClock, 'now'> & HasLog & HasAnnouncements

/** Recently refused machines, by node. */
export class Rivals {
  readonly #ports: Ports
  readonly #known = new Map<string, Rival>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  of(nodeId: string): Rival | undefined {
    const rival = this.#known.get(nodeId)
    return rival && this.#ports.now().getTime() - rival.at.getTime() < CURRENT_MS ? rival : undefined
  }

  /** Records a refused machine, and adds an event if it is new. */
  record(nodeId: string, addresses: Pick<Rival, 'address' | 'present'>): ErrorReport {
    const before = this.of(nodeId)
    const rival = { ...addresses, at: this.#ports.now() }
    this.#known.set(nodeId, rival)
    const isNew = before?.address !== rival.address || before.present !== rival.present
    if (isNew) void this.#report(nodeId, rival).catch((error: unknown) => this.#ports.log(`node ${nodeId}: ${error}`))
    return rivalProblem(rival)
  }

  async #report(nodeId: string, rival: Rival): Promise<void> {
    const { store, changes, log } = this.#ports
    const { message, fix } = rivalProblem(rival)
    log(`node ${nodeId}: ${message}`)
    const clusterId = (await store.clustersOf([nodeId])).get(nodeId)
    if (clusterId === undefined) return
    const at = rival.at.toISOString()
    const event = { kind: 'log' as const, at, level: 'error' as const, message: `${message}; fix: ${fix}` }
    await store.commit([{ change: 'add-event', event: { at, clusterId, nodeId, nodeSeq: null, runId: null, event } }])
    changes.announce()
  }
}

export function rivalProblem({ address, present }: Pick<Rival, 'address' | 'present'>): ErrorReport {
  return {
    code: 'node/two-machines',
    message: `two machines have the key of this node: one is connected from ${present}, another one at ${address} was refused`,
    fix: RIVAL_FIX,
  }
}

const RIVAL_FIX =
  "on the machine that is the copy, remove the agent's node.pem (/etc/cantrip/node.pem; with --instance NAME /etc/cantrip-NAME/node.pem), and install again with NAME.pem, its passphrase and --hostname ANOTHER-NAME; do not uninstall the copy, because that would remove the original from the cluster"
