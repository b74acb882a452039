import { randomUUID } from 'node:crypto'
import type { ErrorReport } from '../../base/agent-error.ts'
import type { HasClock } from '../ports.ts'
import type { Session } from './session/session.ts'

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

/**
 * Nodes whose key two machines have had sessions with at the same time. None of them is admitted while more than one tries: the
 * controller cannot know which of them is the copy.
 */
export class Rivals {
  readonly #now: HasClock['now']
  /** By node: the time of each machine's last try. */
  readonly #tries = new Map<string, Map<string, number>>()

  constructor({ now }: Pick<HasClock, 'now'>) {
    this.#now = now
  }

  has(nodeId: string): boolean {
    return this.#tries.has(nodeId)
  }

  /**
   * Judges a new session of a node. `older`: a session with the same key that is live, and that it would replace; whether it
   * is still the node's session is asked with `isCurrent`. Refuses both if the older one answers from another machine.
   */
  async judge(
    session: Session,
    older: Session | undefined,
    bootId: Promise<string>,
    isCurrent: () => boolean,
  ): Promise<{ refused: Session[]; alarm?: ErrorReport }> {
    const [answers, boot] = await Promise.all([older !== undefined && isAnswering(older), bootId])
    session.bootId = boot
    if (older === undefined || !answers || !isCurrent()) return { refused: this.#isAlone(session) ? [] : [session] }
    if (machineOf(older) === machineOf(session)) return { refused: [], alarm: twinProblem(session) }
    const at = this.#now().getTime()
    const tries = [older, session].map((each) => [machineOf(each), at] as const)
    this.#tries.set(session.nodeId, new Map([...(this.#tries.get(session.nodeId) ?? []), ...tries]))
    return { refused: [older, session], alarm: rivalProblem(older, session) }
  }

  /** Records a try. True if no other machine has tried recently. */
  #isAlone(session: Session): boolean {
    const { nodeId } = session
    const tries = this.#tries.get(nodeId)
    if (tries === undefined) return true
    const at = this.#now().getTime()
    tries.set(machineOf(session), at)
    for (const [each, last] of tries) if (at - last >= CURRENT_MS) tries.delete(each)
    if (tries.size > 1) return false
    this.#tries.delete(nodeId)
    return true
  }
}

/** A boot of a machine, as far as the controller can tell: two copies of a disk differ in it. */
const machineOf = ({ bootId, peer }: Session): string => `${bootId} ${peer.address}`

export const TWO_MACHINES = {
  code: 'node/two-machines',
  message: 'two machines have the key of this node; both are refused until only one of them tries',
}

function rivalProblem(one: Session, other: Session): ErrorReport {
  const found = `${TWO_MACHINES.message}: one was connected from ${one.peer.address} when another one connected from ${other.peer.address}`
  return { code: TWO_MACHINES.code, message: found, fix: RIVAL_FIX }
}

/** One agent has one session. */
function twinProblem({ peer }: Session): ErrorReport {
  return {
    code: 'node/two-sessions',
    message: `a second session of this node began from ${peer.address} while the first one was live, and replaced it`,
    fix: 'find out which programs on the machine, or behind the same address, have its key: an agent opens one session',
  }
}

const RIVAL_FIX =
  "on the machine that is the copy, remove the agent's node.pem (/etc/cantrip/node.pem; with --instance NAME /etc/cantrip-NAME/node.pem), and install again with NAME.pem, its passphrase and --hostname ANOTHER-NAME; do not uninstall the copy, because that would remove the original from the cluster. The original is admitted 20 minutes after the last try of the copy"
