import {
  type Operation,
  type OperationAnswer,
  type OperationOrder,
  serializeOperation,
} from '../../protocol/wire/operation.ts'
import { OPERATION_FRAME } from '../../protocol/wire/released-names.ts'
import type { Authority } from '../access/authority.ts'
import { newId } from '../domain/ids.ts'
import type { Node } from '../domain/records.ts'
import type { Presence } from './presence.ts'

interface Ports {
  authority: Authority
  presence: Presence
  now(): Date
}

/** The timeout for an answer; the caller repeats the operation. */
const ANSWER_MS = 30_000
/** Operations that run on one master at the same time; each is a process. */
const AT_ONCE = 4

interface Open {
  nodeId: string
  answer(answer: OperationAnswer): void
}

/** Running operations. They are not stored; callers repeat a lost one. */
export class Operations {
  readonly #open = new Map<string, Open>()
  /** Callers that wait for a slot. */
  readonly #queue: (() => void)[] = []
  /** Nodes whose agents are being updated (update-agents.ts), and what each waits for. */
  readonly updates = new Map<string, string>()
  /** Nodes that masters remove from their clusters (retire.ts), and what each removal waits for. */
  readonly departures = new Map<string, { waitingFor: string; isResting: boolean }>()
  /** Drains that people have asked for, the last ones of each node, by node (nodes/scheduling.ts). */
  readonly drains = new Map<string, readonly string[]>()
  /** When masters were asked about etcd last, by cluster (reconcile/etcd/look-at-etcd.ts). */
  readonly looks = new Map<string, number>()
  /** What masters do for upgrades now, or did less than a pause ago: see upgrade/do-tasks.ts. */
  readonly upgrading = new Set<string>()
  /** Masters whose last operation failed; the most recent failure has the highest number. */
  readonly #failed = new Map<string, number>()
  #failures = 0

  /**
   * Makes one of these masters carry out an operation. Tries the next one after a failure, as long as there is time; masters
   * whose last operation failed come last. Returns undefined if there are no masters.
   */
  async ask(
    core: Ports,
    masters: readonly Node[],
    order: OperationOrder,
    answerMs = ANSWER_MS,
  ): Promise<{ master: Node; answer: OperationAnswer } | undefined> {
    const untilMs = performance.now() + answerMs
    const failedAt = ({ id }: Node) => this.#failed.get(id) ?? 0
    let last: { master: Node; answer: OperationAnswer } | undefined
    for (const master of [...masters].sort((a, b) => failedAt(a) - failedAt(b))) {
      const leftMs = last ? untilMs - performance.now() : answerMs
      if (leftMs < answerMs / 2) break
      const answer = await this.run(core, master, order, leftMs)
      if (answer.outcome === 'done') this.#failed.delete(master.id)
      else this.#failed.set(master.id, ++this.#failures)
      if (answer.outcome === 'done') return { master, answer }
      // A `not-yet` takes precedence over a failure.
      if (last?.answer.outcome !== 'not-yet') last = { master, answer }
    }
    return last
  }

  /** Never rejects; the answer is `not-yet` if the master is busy, disconnected or does not answer. */
  async run(core: Ports, master: Node, order: OperationOrder, answerMs = ANSWER_MS): Promise<OperationAnswer> {
    const id = newId('e')
    const notYet = (waitingFor: string): OperationAnswer => ({ id, outcome: 'not-yet', waitingFor })
    const wanted = `operation/${order.operation}`
    if (core.presence.capabilitiesOf(master.id)?.includes(wanted) === false) return tooOld(id, master, wanted)
    if (!(await this.#slotOf(master.id, answerMs))) return notYet(`master ${master.name}, which is busy`)
    const expiresAt = new Date(core.now().getTime() + answerMs).toISOString()
    const operation: Operation = { id, node: master.id, expiresAt, ...order }
    const signed = core.authority.signInstruction(serializeOperation(operation))
    if (!core.presence.send(master.id, OPERATION_FRAME, signed)) {
      this.#wake()
      return notYet(`master ${master.name} to be connected`)
    }
    try {
      return await new Promise<OperationAnswer>((resolve) => {
        const timer = setTimeout(() => resolve(notYet(`master ${master.name} to answer`)), answerMs)
        const answer = (given: OperationAnswer) => {
          clearTimeout(timer)
          resolve(given)
        }
        this.#open.set(id, { nodeId: master.id, answer })
      })
    } finally {
      this.#open.delete(id)
      this.#wake()
    }
  }

  #wake(): void {
    for (const wake of this.#queue.splice(0)) wake()
  }

  /** Waits for a slot of the master; returns false after the timeout. */
  async #slotOf(masterId: string, waitMs: number): Promise<boolean> {
    const isBusy = () => [...this.#open.values()].filter(({ nodeId }) => nodeId === masterId).length >= AT_ONCE
    const deadlineMs = performance.now() + waitMs
    while (isBusy() && performance.now() < deadlineMs) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadlineMs - performance.now())
        this.#queue.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
    return !isBusy()
  }

  /** Ignores an answer that is not expected any more, or comes from another node. */
  apply(nodeId: string, answer: OperationAnswer): void {
    const open = this.#open.get(answer.id)
    if (open?.nodeId === nodeId) open.answer(answer)
  }
}

function tooOld(id: string, { name, agentVersion }: Node, wanted: string): OperationAnswer {
  const message = `found agent ${agentVersion} on ${name}, which does not support ${wanted}; wanted an agent that does`
  const fix = `update the agent on ${name}: install it again with the executable of this release`
  return { id, outcome: 'failed', error: { code: 'agent/update-needed', message, fix } }
}
