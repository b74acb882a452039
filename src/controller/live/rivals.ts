import { randomUUID } from 'node:crypto'
import type { ErrorReport } from '../../base/agent-error.ts'
import { type Alarming, raiseAlarm } from '../nodes/raise-alarm.ts'
import type { Rival } from '../peers/peers.ts'
import type { HasPeers } from '../ports.ts'
import { withoutAddress } from './session/machine-of.ts'
import type { Session } from './session/session.ts'

/** Answers come from the network. Also asked at another controller, and the node waits for its welcome meanwhile. */
const ANSWER_MS = 2_500
/** A refused machine tries again within 15 minutes. */
const CURRENT_MS = 20 * 60_000
/** The alarm of a node that is still refused is raised again. */
const REMIND_MS = 60 * 60_000

const rivalOf = ({ machine, peer: { address, fingerprint } }: Session): Rival => ({
  machine,
  address,
  fingerprint,
})

/**
 * Whether an older session still answers when a new one of the same node begins: then two agents have its key. A connection
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

/** Of one conflict. The oldest is forgotten: as long as there are two, none is admitted. */
const MOST_MACHINES = 16

interface Conflict {
  /** The time of each machine's last try, the latest last. */
  tries: Map<string, number>
  /** Two machines differ only in their address. Otherwise it does not count, because a machine can have several. */
  isByAddress: boolean
  /** Raised here; absent if only another controller has seen both. */
  alarm?: { problem: ErrorReport; at: number }
}

type Refusal = Pick<ErrorReport, 'code' | 'message'>

interface Verdict {
  /** Why it is refused. */
  refusal?: Refusal
  alarm?: ErrorReport
}

interface Sessions {
  /** The session of a node here. */
  sessionOf(nodeId: string): Session | undefined
  refuse(session: Session, why: Refusal): void
}

/**
 * Nodes whose key two machines have had sessions with at the same time. None of them is admitted while more than one tries: the
 * controller cannot know which of them is the copy. The controllers on one database tell each other of the tries.
 */
export class Rivals {
  readonly #ports: Alarming & HasPeers
  readonly #sessions: Sessions
  readonly #conflicts = new Map<string, Conflict>()

  constructor(ports: Alarming & HasPeers, sessions: Sessions) {
    this.#ports = ports
    this.#sessions = sessions
  }

  /** Whether a new session has to be admitted: the node has another one with the same key, or had one a while ago. */
  concern({ nodeId, peer }: Session): boolean {
    return this.#conflicts.has(nodeId) || this.#live(nodeId, peer) !== undefined || this.#ports.peers.hasSession(nodeId)
  }

  /** Whether a new session may begin. Otherwise it is refused, and an older one too that answers from another machine. */
  async admit(session: Session): Promise<boolean> {
    const { nodeId } = session
    const newer = rivalOf(session)
    const older = (await this.meet(nodeId, newer)) ?? (await this.#ports.peers.meet(nodeId, newer))
    const { refusal, alarm } = this.#judge(nodeId, newer, older)
    if (alarm) void raiseAlarm(this.#ports, nodeId, alarm)
    if (refusal) this.#sessions.refuse(session, refusal)
    return refusal === undefined
  }

  /**
   * The session of the node here that a newer one with the same key would replace, if it still answers: then two agents have the
   * key. It is refused if they are on two machines.
   */
  async meet(nodeId: string, newer: Rival): Promise<Rival | undefined> {
    const older = this.#live(nodeId, newer)
    if (older === undefined || !(await isAnswering(older)) || this.#live(nodeId, newer) !== older) return undefined
    const found = rivalOf(older)
    if (found.machine !== newer.machine) this.#sessions.refuse(older, rivalProblem(found, newer))
    return found
  }

  /** The open session of the node here, if it has the same key. */
  #live(nodeId: string, { fingerprint }: Pick<Rival, 'fingerprint'>): Session | undefined {
    const session = this.#sessions.sessionOf(nodeId)
    return session?.isOpen && session.peer.fingerprint === fingerprint ? session : undefined
  }

  /** Machines that tried, here or at another controller. */
  note(nodeId: string, machines: readonly string[]): Conflict {
    const at = this.#ports.now().getTime()
    const conflict = this.#conflicts.get(nodeId) ?? { tries: new Map(), isByAddress: false }
    const { tries } = conflict
    conflict.isByAddress ||= new Set(machines.map(withoutAddress)).size < new Set(machines).size
    for (const machine of machines) {
      const key = conflict.isByAddress ? machine : withoutAddress(machine)
      tries.delete(key)
      tries.set(key, at)
    }
    for (const [each] of tries) if (tries.size > MOST_MACHINES) tries.delete(each)
    this.#conflicts.set(nodeId, conflict)
    return conflict
  }

  /** `older`: a session with the same key that still answers. */
  #judge(nodeId: string, newer: Rival, older: Rival | undefined): Verdict {
    if (older === undefined) return this.#judgeAlone(nodeId, newer.machine)
    if (older.machine === newer.machine) return { alarm: twinProblem(newer) }
    const problem = rivalProblem(older, newer)
    const machines = [older.machine, newer.machine]
    this.note(nodeId, machines).alarm = { problem, at: this.#ports.now().getTime() }
    this.#ports.peers.tried(nodeId, machines)
    return { refusal: problem, alarm: problem }
  }

  /** Admits the machine if no other one has tried recently. */
  #judgeAlone(nodeId: string, machine: string): Verdict {
    if (!this.#conflicts.has(nodeId)) return {}
    const { tries, alarm } = this.note(nodeId, [machine])
    const at = this.#ports.now().getTime()
    for (const [each, last] of tries) if (at - last >= CURRENT_MS) tries.delete(each)
    if (tries.size === 1) {
      this.#conflicts.delete(nodeId)
      return {}
    }
    this.#ports.peers.tried(nodeId, [machine])
    if (alarm === undefined) return { refusal: TWO_MACHINES }
    const isDue = at - alarm.at >= REMIND_MS
    if (isDue) alarm.at = at
    return { refusal: alarm.problem, ...(isDue && { alarm: alarm.problem }) }
  }
}

const TWO_MACHINES = {
  code: 'node/two-machines',
  message: 'two machines have the key of this node; both are refused until only one of them tries',
}

function rivalProblem(one: Rival, other: Rival): ErrorReport {
  const found = `${TWO_MACHINES.message}: one was connected from ${one.address} when another one connected from ${other.address}`
  return { code: TWO_MACHINES.code, message: found, fix: RIVAL_FIX }
}

/** One agent has one session. */
function twinProblem({ address }: Rival): ErrorReport {
  return {
    code: 'node/two-sessions',
    message: `a second session of this node began from ${address} while the first one was live, and replaced it`,
    fix: 'find out which programs on the machine, or behind the same address, have its key: an agent opens one session',
  }
}

const RIVAL_FIX =
  "on the machine that is the copy, remove the agent's node.pem (/etc/cantrip/node.pem; with --instance NAME /etc/cantrip-NAME/node.pem), and install again with NAME.pem, its passphrase and --hostname ANOTHER-NAME; do not uninstall the copy, because that would remove the original from the cluster. The original is admitted 20 minutes after the last try of the copy"
