import { type Answer, type Condition, meets, type Packet } from './packet.ts'

export type Action = { kind: 'accept' | 'drop' | 'return' | 'continue' } | { kind: 'jump' | 'goto'; chain: string }

export interface Rule {
  /** All of them must be met. */
  conditions: readonly Condition[]
  action: Action
}

/** A chain that the kernel calls for every packet at its hook. */
export interface BaseChain {
  hook: Packet['hook']
  /** `inet filter input` for nft, `INPUT` for iptables. */
  name: string
  program: 'nft' | 'iptables' | 'iptables-legacy'
  policy: 'accept' | 'drop'
  rules: readonly Rule[]
  /** The chains that its rules can jump to, by name. */
  others: ReadonlyMap<string, readonly Rule[]>
}

export type Fate = 'open' | 'closed' | 'unsure'

/** Nested jumps; the kernel allows 16 (iptables(8), nft(8)). */
const DEEPEST = 20

/**
 * Evaluates a chain for a packet. A condition that cannot be evaluated counts as met in a rule that accepts (`unsure`), and
 * as not met in a rule that drops: such rules are for unusual packets.
 */
export function fateOf(packet: Packet, chain: BaseChain): Fate {
  const { end, perhaps } = walk(packet, chain.rules, chain, 0)
  if ((end ?? chain.policy) === 'accept') return 'open'
  return perhaps ? 'unsure' : 'closed'
}

interface Walked {
  /** Undefined if no rule decided: the end of the chain was reached, or a rule returned. */
  end?: 'accept' | 'drop'
  /** An earlier rule that cannot be evaluated may have accepted the packet. */
  perhaps: boolean
}

function walk(packet: Packet, rules: readonly Rule[], chain: BaseChain, depth: number): Walked {
  let perhaps = false
  for (const { conditions, action } of rules) {
    const answer = all(conditions.map((condition) => meets(packet, condition)))
    if (answer === 'no') continue
    const { end, perhaps: perhapsBelow, leaves } = follow(packet, action, chain, depth)
    perhaps ||= perhapsBelow
    if (answer === 'unknown') perhaps ||= end === 'accept' || (leaves && end !== 'drop')
    else if (end !== undefined) return { end, perhaps }
    else if (leaves) return { perhaps }
  }
  return { perhaps }
}

/** `leaves`: the rules after this one in its chain are not evaluated. */
function follow(packet: Packet, action: Action, chain: BaseChain, depth: number): Walked & { leaves: boolean } {
  switch (action.kind) {
    case 'accept':
    case 'drop':
      return { end: action.kind, perhaps: false, leaves: true }
    case 'jump':
    case 'goto': {
      const rules = depth < DEEPEST ? chain.others.get(action.chain) : undefined
      return { ...walk(packet, rules ?? [], chain, depth + 1), leaves: action.kind === 'goto' }
    }
    default:
      return { perhaps: false, leaves: action.kind === 'return' }
  }
}

function all(answers: readonly Answer[]): Answer {
  if (answers.includes('no')) return 'no'
  return answers.includes('unknown') ? 'unknown' : 'yes'
}
