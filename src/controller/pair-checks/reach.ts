import type { PairPort, Reach } from '../../protocol/wire/pair-check.ts'
import type { Told } from './campaign.ts'
import type { PairNode } from './needs.ts'
import type { Dial } from './plan.ts'

/** One port of one dial, judged by what both ends told. */
export interface Look {
  from: PairNode
  to: PairNode
  port: PairPort
  /** `unknown`: one of them did not tell. */
  reach: Reach | 'skipped' | 'unknown'
  /** A program, not this check, has the port. */
  isHeld: boolean
}

/** What came of each port. For UDP the word of who listened counts: an answer may get lost on its own way back. */
export function looksOf({ from, to, ports }: Dial, told: ReadonlyMap<string, Told>): Look[] {
  const there = told.get(to.id)
  const dialled = told.get(from.id)?.dialled.get(to.id)
  return ports.map((port) => {
    const state = there?.ports?.get(port)?.state
    const look = { from, to, port, isHeld: state === 'held' }
    const isUdp = port.endsWith('/udp')
    if (state === 'closed' || (state === 'held' && isUdp)) return { ...look, reach: 'skipped' }
    const said = dialled?.ports.find((each) => each.port === port)?.reach
    if (state === undefined || state === 'failed' || said === undefined) return { ...look, reach: 'unknown' }
    const heard = there?.heard?.find((each) => each.node === from.id && each.port === port)
    return { ...look, reach: isUdp && (heard?.packets ?? 0) > 0 ? 'open' : said }
  })
}

export const isBlocked = ({ reach }: Look) => reach !== 'open' && reach !== 'skipped' && reach !== 'unknown'

export const pairKey = (a: PairNode, b: PairNode) => [a.id, b.id].sort().join(' ')
