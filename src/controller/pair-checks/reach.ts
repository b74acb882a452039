import type { PairPort, Reach } from '../../protocol/wire/pair-check.ts'
import type { NodeAnswers } from './campaign.ts'
import type { PairNode } from './needs.ts'
import type { Dial } from './plan.ts'

/** The result for one port of one dial, from the answers of both ends. */
export interface Look {
  from: PairNode
  to: PairNode
  port: PairPort
  /** `unknown`: one of them did not answer. */
  reach: Reach | 'skipped' | 'unknown'
  /** Another program uses the port. */
  isHeld: boolean
}

/** The result for each port. For UDP the listener's count decides, because an answer can be lost on its way back. */
export function looksOf({ from, to, ports }: Dial, answers: ReadonlyMap<string, NodeAnswers>): Look[] {
  const listener = answers.get(to.id)
  const dialled = answers.get(from.id)?.dialled.get(to.id)
  return ports.map((port) => {
    const state = listener?.ports?.get(port)?.state
    const look = { from, to, port, isHeld: state === 'held' }
    const isUdp = port.endsWith('/udp')
    if (state === 'closed' || (state === 'held' && isUdp)) return { ...look, reach: 'skipped' }
    const reach = dialled?.ports.find((each) => each.port === port)?.reach
    if (state === undefined || state === 'failed' || reach === undefined) return { ...look, reach: 'unknown' }
    const received = listener?.received?.find((each) => each.node === from.id && each.port === port)
    return { ...look, reach: isUdp && (received?.packets ?? 0) > 0 ? 'open' : reach }
  })
}

export const isBlocked = ({ reach }: Look) => reach !== 'open' && reach !== 'skipped' && reach !== 'unknown'

export const pairKey = (a: PairNode, b: PairNode) => [a.id, b.id].sort().join(' ')
