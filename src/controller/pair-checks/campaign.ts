import type { ErrorReport } from '../../base/agent-error.ts'
import type {
  Dialled,
  Firewall,
  PairCheckDown,
  PairCheckOrder,
  PairCheckUp,
  PairPort,
  PortState,
  Received,
} from '../../protocol/wire/pair-check.ts'
import { ordersOf } from './orders.ts'
import type { PairPlan } from './plan.ts'

const LISTENING_MS = 5_000
/** A dial ends after 3 s at the latest. */
const ROUND_MS = 5_000
const HEARD_MS = 3_000
/** Less than the time after which nodes close their ports on their own. Rounds that do not fit are skipped. */
const CAMPAIGN_MS = 100_000

/** The answers of one node; a field is absent until the node has answered. */
export interface NodeAnswers {
  refused?: ErrorReport
  ports?: Map<PairPort, { state: PortState; why?: string | undefined }>
  firewall?: Firewall
  /** By the node that was dialled. */
  dialled: Map<string, Dialled>
  received?: Received[]
}

export interface CampaignOptions {
  plan: PairPlan
  check: string
  sign(order: PairCheckOrder): { payload: string; signature: string }
  /** Returns false if the node is not connected. */
  send(node: string, body: PairCheckDown): boolean
  now(): Date
  monotonicMs(): number
  /** When it aborts, the nodes close their ports. */
  signal: AbortSignal
}

/** A running pair check: all nodes listen, then dial round by round, then report the packets that they received. */
export class Campaign {
  readonly #options: CampaignOptions
  readonly #answers = new Map<string, NodeAnswers>()
  /** Nodes that failed to answer once: they are not waited for again. */
  readonly #silent = new Set<string>()
  #asked: { nodes: Set<string>; say: PairCheckUp['say']; round?: number | undefined; done(): void } | undefined

  constructor(options: CampaignOptions) {
    this.#options = options
    for (const { id } of options.plan.nodes) this.#answers.set(id, { dialled: new Map() })
  }

  /** Returns the answers by node, also of nodes that stopped answering. Rejects when it is aborted. */
  async run(): Promise<ReadonlyMap<string, NodeAnswers>> {
    const { plan, check, sign, send, now, monotonicMs, signal } = this.#options
    const beganMs = monotonicMs()
    const orders = ordersOf(plan, check, now()).map((order) => ({ node: order.node, body: sign(order) }))
    try {
      await this.#ask(
        orders.map(({ node, body }) => [node, { say: 'order', ...body }]),
        { say: 'listening', ms: LISTENING_MS },
      )
      for (const round of plan.rounds.keys()) {
        if (monotonicMs() - beganMs > CAMPAIGN_MS) break
        await this.#ask(this.#goFor(round), { say: 'dialled', ms: ROUND_MS, round })
      }
      await this.#ask(
        orders.map(({ node }) => [node, { say: 'end', check }]),
        { say: 'heard', ms: HEARD_MS },
      )
      return this.#answers
    } finally {
      if (signal.aborted) for (const { node } of orders) send(node, { say: 'end', check })
    }
  }

  /** Takes a node's message about this check. An unexpected message is ignored. */
  receive(node: string, body: PairCheckUp): void {
    const answers = this.#answers.get(node)
    const asked = this.#asked
    const isRefusal = body.say === 'refused'
    if (!answers || !asked?.nodes.has(node)) return
    if (!isRefusal && (body.say !== asked.say || ('round' in body && body.round !== asked.round))) return
    record(answers, body)
    if (isRefusal) this.#silent.add(node)
    asked.nodes.delete(node)
    if (asked.nodes.size === 0) asked.done()
  }

  #goFor(round: number): [node: string, body: PairCheckDown][] {
    const { plan, check } = this.#options
    const byDialler = Map.groupBy(plan.rounds[round] ?? [], ({ from }) => from.id)
    return [...byDialler].map(([node, dials]) => {
      const withoutUdp = dials.map(({ to }) => to.id).filter((peer) => !this.#receivesUdp(peer))
      return [node, { say: 'go', check, round, withoutUdp }]
    })
  }

  #receivesUdp(node: string): boolean {
    const ports = this.#answers.get(node)?.ports ?? new Map()
    return [...ports].some(([port, { state }]) => port.endsWith('/udp') && state === 'open')
  }

  /** Resolves when all have answered, or after the timeout. */
  async #ask(
    bodies: readonly [node: string, body: PairCheckDown][],
    { say, ms, round }: { say: PairCheckUp['say']; ms: number; round?: number },
  ): Promise<void> {
    const { send, signal } = this.#options
    signal.throwIfAborted()
    const nodes = new Set(bodies.filter(([node]) => !this.#silent.has(node)).map(([node]) => node))
    const answered = new Promise<void>((done) => {
      this.#asked = { nodes, say, round, done }
    })
    for (const [node, body] of bodies) if (!send(node, body)) nodes.delete(node)
    if (nodes.size > 0) await withinTime(answered, ms, signal)
    for (const node of nodes) this.#silent.add(node)
    this.#asked = undefined
  }
}

function record(answers: NodeAnswers, body: PairCheckUp): void {
  switch (body.say) {
    case 'listening':
      answers.ports = new Map(body.ports.map(({ port, ...state }) => [port, state]))
      answers.firewall = body.firewall
      break
    case 'refused':
      answers.refused = body.error
      break
    case 'dialled':
      for (const peer of body.peers) answers.dialled.set(peer.node, peer)
      break
    case 'heard':
      answers.received = body.peers
      break
  }
}

/** Resolves when the work is done, or after the timeout; rejects when it is aborted. */
function withinTime(work: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', aborted)
      resolve()
    }
    const aborted = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', aborted, { once: true })
    void work.then(end)
  })
}
