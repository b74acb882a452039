import { randomUUID } from 'node:crypto'
import type { ErrorReport } from '../../base/agent-error.ts'
import type { HasAnnouncements, HasClock, HasLog, HasStore } from '../ports.ts'
import type { Rival } from './rival.ts'
import type { Session } from './session.ts'

const ANSWER_MS = 3_000
/** A machine that was refused asks again within a quarter of an hour. */
const CURRENT_MS = 20 * 60_000

/**
 * Whether somebody answers on an older session while a newer one of the same node begins: then they are two. A connection
 * that was cut without a word (a power cut, an unplugged cable) does not answer, and the newer takes its place.
 */
export function isAnswering({ socket }: Session): Promise<boolean> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve(false)
  const token = randomUUID()
  return new Promise((resolve) => {
    const settle = (answers: boolean) => {
      clearTimeout(timer)
      socket.off('pong', heard).off('close', gone)
      resolve(answers)
    }
    const heard = (data: Buffer) => data.toString() === token && settle(true)
    const gone = () => settle(false)
    const timer = setTimeout(gone, ANSWER_MS)
    socket.on('pong', heard).on('close', gone)
    socket.ping(token)
  })
}

type Ports = HasStore & Pick<HasClock, 'now'> & HasLog & HasAnnouncements

/** Who was refused, while that is news. */
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

  /** Told in the node's log when it is new. */
  note(nodeId: string, addresses: Pick<Rival, 'address' | 'present'>): ErrorReport {
    const before = this.of(nodeId)
    const rival = { ...addresses, at: this.#ports.now() }
    this.#known.set(nodeId, rival)
    const isNew = before?.address !== rival.address || before.present !== rival.present
    if (isNew) void this.#tell(nodeId, rival).catch((error: unknown) => this.#ports.log(`node ${nodeId}: ${error}`))
    return rivalProblem(rival)
  }

  async #tell(nodeId: string, rival: Rival): Promise<void> {
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
  "on the machine that is the copy, remove the agent's node.pem (/etc/cantrip/node.pem; with --instance NAME /etc/cantrip-NAME/node.pem), and run the installation again with NAME.pem, its passphrase and --hostname ANOTHER-NAME (an uninstallation there would take the original out of the cluster)"
