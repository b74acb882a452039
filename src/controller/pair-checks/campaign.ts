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
/** Below the time after which nodes close by themselves. Rounds that do not fit are left out. */
const CAMPAIGN_MS = 100_000

/** What one node told; what is absent it did not tell. */
export interface Told {
  refused?: ErrorReport
  ports?: Map<PairPort, { state: PortState; why?: string | undefined }>
  firewall?: Firewall
  /** By the node that was dialled. */
  dialled: Map<string, Dialled>
  heard?: Received[]
}

export interface CampaignOptions {
  plan: PairPlan
  check: string
  sign(order: PairCheckOrder): { payload: string; signature: string }
  /** False where the node is not connected. */
  send(node: string, body: PairCheckDown): boolean
  now(): Date
  monotonicMs(): number
  /** Its abort tells the nodes to close. */
  signal: AbortSignal
}

/** One check of pairs that goes on: all listen, then dial round by round, then tell what they heard. */
export class Campaign {
  readonly #options: CampaignOptions
  readonly #told = new Map<string, Told>()
  /** Nodes that did not answer once: the others are not made to wait for them again. */
  readonly #silent = new Set<string>()
  #asked: { nodes: Set<string>; say: PairCheckUp['say']; round?: number | undefined; done(): void } | undefined

  constructor(options: CampaignOptions) {
    this.#options = options
    for (const { id } of options.plan.nodes) this.#told.set(id, { dialled: new Map() })
  }

  /** Answers what was told, by node, whoever fell silent on the way. Rejects when it was aborted. */
  async run(): Promise<ReadonlyMap<string, Told>> {
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
      return this.#told
    } finally {
      if (signal.aborted) for (const { node } of orders) send(node, { say: 'end', check })
    }
  }

  /** What a node says about this check; what it was not asked is passed over. */
  hear(node: string, body: PairCheckUp): void {
    const told = this.#told.get(node)
    const asked = this.#asked
    const isRefusal = body.say === 'refused'
    if (!told || !asked?.nodes.has(node)) return
    if (!isRefusal && (body.say !== asked.say || ('round' in body && body.round !== asked.round))) return
    keep(told, body)
    if (isRefusal) this.#silent.add(node)
    asked.nodes.delete(node)
    if (asked.nodes.size === 0) asked.done()
  }

  #goFor(round: number): [node: string, body: PairCheckDown][] {
    const { plan, check } = this.#options
    const byDialler = Map.groupBy(plan.rounds[round] ?? [], ({ from }) => from.id)
    return [...byDialler].map(([node, dials]) => {
      const withoutUdp = dials.map(({ to }) => to.id).filter((peer) => !this.#hearsUdp(peer))
      return [node, { say: 'go', check, round, withoutUdp }]
    })
  }

  #hearsUdp(node: string): boolean {
    const ports = this.#told.get(node)?.ports ?? new Map()
    return [...ports].some(([port, { state }]) => port.endsWith('/udp') && state === 'open')
  }

  /** Resolves once all have answered, or the time is over. */
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

function keep(told: Told, body: PairCheckUp): void {
  switch (body.say) {
    case 'listening':
      told.ports = new Map(body.ports.map(({ port, ...state }) => [port, state]))
      told.firewall = body.firewall
      break
    case 'refused':
      told.refused = body.error
      break
    case 'dialled':
      for (const peer of body.peers) told.dialled.set(peer.node, peer)
      break
    case 'heard':
      told.heard = body.peers
      break
  }
}

/** Resolves with the work or when the time is over; rejects when it is aborted. */
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
