import { randomUUID } from 'node:crypto'
import type { ErrorReport } from '../../base/agent-error.ts'
import type { Core } from '../core.ts'
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

/** Who was refused, while that is news. */
export class Rivals {
  readonly #core: Core
  readonly #known = new Map<string, Rival>()

  constructor(core: Core) {
    this.#core = core
  }

  of(nodeId: string): Rival | undefined {
    const rival = this.#known.get(nodeId)
    return rival && this.#core.now().getTime() - rival.at.getTime() < CURRENT_MS ? rival : undefined
  }

  /** Told in the node's log when it is new. */
  note(nodeId: string, addresses: Pick<Rival, 'address' | 'present'>): ErrorReport {
    const before = this.of(nodeId)
    const rival = { ...addresses, at: this.#core.now() }
    this.#known.set(nodeId, rival)
    const problem = rivalProblem(rival)
    const node = this.#core.store.nodes.get(nodeId)
    if (node && (before?.address !== rival.address || before.present !== rival.present)) {
      const at = rival.at.toISOString()
      const event = {
        kind: 'log' as const,
        at,
        level: 'error' as const,
        message: `${problem.message}; fix: ${problem.fix}`,
      }
      this.#core.log(`node ${nodeId}: ${problem.message}`)
      this.#core.store.tell({ at, clusterId: node.clusterId, nodeId, nodeSeq: null, runId: null, event })
      this.#core.changes.announce()
    }
    return problem
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
