import { Campaign, type NodeAnswers } from '../../../src/controller/pair-checks/campaign.ts'
import type { PairNode } from '../../../src/controller/pair-checks/needs.ts'
import type { PairPlan } from '../../../src/controller/pair-checks/plan.ts'
import type { Dialled, PairCheckDown, PairCheckOrder, PairPort, Reach } from '../../../src/protocol/wire/pair-check.ts'

/** The properties of a simulated network; times in milliseconds. All delays use the timers of the test. */
export interface SimulatedNetwork {
  /** Round-trip time to the controller. */
  linkMs(node: PairNode): number
  roundTripMs(from: PairNode, to: PairNode): number
  reach(from: PairNode, to: PairNode, port: PairPort): Reach
  /** From this time on the node stays connected but does not answer. */
  silentFromMs?(node: PairNode): number
}

/** How long the agent dials, see src/agent/pair-check: TCP waits 2 s, UDP for 3 first pings 500 ms each, then sizes of 300 ms. */
const FILTERED_TCP_MS = 2_000
const FILTERED_UDP_MS = 3 * 500 + 2 * 300
const PINGS = 100
const PINGS_MS = 700
/** To open the listening ports, and to read the firewall. */
const LISTEN_MS = 200

export interface Simulated {
  answers: ReadonlyMap<string, NodeAnswers>
  ms: number
  messages: number
}

/** Runs a real campaign over simulated nodes, with their delays. */
export async function simulate(plan: PairPlan, network: SimulatedNetwork): Promise<Simulated> {
  const orders = new Map<string, PairCheckOrder>()
  const nodes = new Map(plan.nodes.map((node) => [node.id, node]))
  const beganMs = performance.now()
  let messages = 0
  const campaign = new Campaign({
    plan,
    check: 'p-abcdefghij',
    sign: (order) => ({ payload: JSON.stringify(order), signature: '' }),
    send(id, body) {
      const node = nodes.get(id)
      if (!node) return false
      messages += 1
      const { afterMs, answer } = answerOf(node, body)
      setTimeout(() => {
        if (performance.now() - beganMs >= (network.silentFromMs?.(node) ?? Number.POSITIVE_INFINITY)) return
        messages += 1
        campaign.receive(id, answer)
      }, network.linkMs(node) + afterMs)
      return true
    },
    now: () => new Date(),
    monotonicMs: () => performance.now(),
    signal: new AbortController().signal,
  })

  function answerOf(
    node: PairNode,
    body: PairCheckDown,
  ): { afterMs: number; answer: Parameters<Campaign['receive']>[1] } {
    if (body.say === 'order') {
      const order: PairCheckOrder = JSON.parse(body.payload)
      orders.set(node.id, order)
      const ports = order.ports.map((port) => ({ port, state: 'open' as const }))
      const firewall = { kind: 'none' as const, input: [], output: [] }
      return { afterMs: LISTEN_MS, answer: { say: 'listening', check: order.check, ports, firewall } }
    }
    if (body.say === 'end') return { afterMs: 0, answer: { say: 'heard', check: body.check, peers: [] } }
    const dials = (orders.get(node.id)?.rounds[body.round] ?? []).map((peer) => dial(node, peer))
    const afterMs = Math.max(0, ...dials.map((each) => each.tookMs))
    const peers = dials.map(({ dialled }) => dialled)
    return { afterMs, answer: { say: 'dialled', check: body.check, round: body.round, peers } }
  }

  function dial(from: PairNode, peer: PairCheckOrder['rounds'][number][number]): { dialled: Dialled; tookMs: number } {
    const to = nodes.get(peer.node) ?? from
    const roundTripMs = network.roundTripMs(from, to)
    const ports = peer.ports.map((port) => ({ port, reach: network.reach(from, to, port) }))
    const took = ports.map(({ port, reach }) => {
      if (reach === 'filtered') return port.endsWith('/udp') ? FILTERED_UDP_MS : FILTERED_TCP_MS
      return port.endsWith('/udp') ? Math.min(PINGS * roundTripMs, PINGS_MS) + 2 * roundTripMs : roundTripMs
    })
    return { dialled: { node: peer.node, ports }, tookMs: Math.max(0, ...took) }
  }

  const answers = await campaign.run()
  return { answers, ms: performance.now() - beganMs, messages }
}
