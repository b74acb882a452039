import { type Operation, type OperationAnswer, serializeOperation } from '../../protocol/wire/operation.ts'
import type { Authority } from '../access/authority.ts'
import { newId } from '../domain/ids.ts'
import type { Node } from '../domain/records.ts'
import type { Presence } from './presence.ts'

interface Ports {
  authority: Authority
  presence: Presence
  now(): Date
}

type Order<T = Operation> = T extends Operation ? Omit<T, 'id' | 'node' | 'expiresAt'> : never

/** A master that has not answered by then is asked again by whoever needs it. */
const ANSWER_MS = 30_000
/** Each is a process of the agent there. */
const AT_ONCE = 4

interface Open {
  nodeId: string
  answer(answer: OperationAnswer): void
}

/** Operations that are under way. Nothing of them is kept: one that is lost is asked for again. */
export class Operations {
  readonly #open = new Map<string, Open>()
  /** Whoever waits for one of them to end. */
  readonly #queue: (() => void)[] = []
  /** What masters take out of their clusters (retire.ts), with what that waits for. */
  readonly departures = new Map<string, { waitingFor: string; isResting: boolean }>()
  /** Masters whose last operation was not done; the one that failed last has the highest number. */
  readonly #failed = new Map<string, number>()
  #failures = 0

  /**
   * Has one of these masters do it. One that could not do its last operation comes after the others, and while there is time
   * the next is asked. Undefined where there are none.
   */
  async ask(
    core: Ports,
    masters: readonly Node[],
    order: Order,
    answerMs = ANSWER_MS,
  ): Promise<{ master: Node; answer: OperationAnswer } | undefined> {
    const untilMs = performance.now() + answerMs
    const failedAt = ({ id }: Node) => this.#failed.get(id) ?? 0
    let told: { master: Node; answer: OperationAnswer } | undefined
    for (const master of [...masters].sort((a, b) => failedAt(a) - failedAt(b))) {
      const leftMs = told ? untilMs - performance.now() : answerMs
      if (leftMs < answerMs / 2) break
      const answer = await this.run(core, master, order, leftMs)
      if (answer.outcome === 'done') this.#failed.delete(master.id)
      else this.#failed.set(master.id, ++this.#failures)
      if (answer.outcome === 'done') return { master, answer }
      // What may still be done is no failure.
      if (told?.answer.outcome !== 'not-yet') told = { master, answer }
    }
    return told
  }

  /** Never rejects; a master that is busy, away or silent is a `not-yet`. */
  async run(core: Ports, master: Node, order: Order, answerMs = ANSWER_MS): Promise<OperationAnswer> {
    const id = newId('e')
    const notYet = (waitingFor: string): OperationAnswer => ({ id, outcome: 'not-yet', waitingFor })
    const wanted = `operation/${order.operation}`
    if (core.presence.capabilitiesOf(master.id)?.includes(wanted) === false) return tooOld(id, master, wanted)
    if (!(await this.#slotOf(master.id, answerMs))) return notYet(`master ${master.name}, which serves others`)
    const expiresAt = new Date(core.now().getTime() + answerMs).toISOString()
    const operation: Operation = { id, node: master.id, expiresAt, ...order }
    const signed = core.authority.signInstruction(serializeOperation(operation))
    if (!core.presence.sendOperation(master.id, signed)) {
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

  /** False where it would take too long. */
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

  /** One that is not waited for any more is passed over, and so is one of another node. */
  take(nodeId: string, answer: OperationAnswer): void {
    const open = this.#open.get(answer.id)
    if (open?.nodeId === nodeId) open.answer(answer)
  }
}

function tooOld(id: string, { name, agentVersion }: Node, wanted: string): OperationAnswer {
  const message = `found agent ${agentVersion} on ${name}, which does not know ${wanted}; wanted an agent that does`
  const fix = `update the agent on ${name}: install it again with the executable of this release`
  return { id, outcome: 'failed', error: { code: 'agent/update-needed', message, fix } }
}
