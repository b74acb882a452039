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
  /** `inet filter input` as nft takes it, `INPUT` of iptables. */
  name: string
  program: 'nft' | 'iptables' | 'iptables-legacy'
  policy: 'accept' | 'drop'
  rules: readonly Rule[]
  /** Those that its rules may jump to, by name. */
  others: ReadonlyMap<string, readonly Rule[]>
}

export type Fate = 'open' | 'closed' | 'unsure'

/** Chains in chains, deeper than the kernel lets anybody nest them (iptables(8), nft(8): 16). */
const DEEPEST = 20

/**
 * What becomes of the packet in a chain. What a rule asks and is not known here counts for the packet where the rule would
 * let it in (`unsure`), and is passed over where it would drop it: such rules are for odd packets.
 */
export function fateOf(packet: Packet, chain: BaseChain): Fate {
  const { end, perhaps } = walk(packet, chain.rules, chain, 0)
  if ((end ?? chain.policy) === 'accept') return 'open'
  return perhaps ? 'unsure' : 'closed'
}

interface Walked {
  /** Absent where the chain was walked to its end, or left. */
  end?: 'accept' | 'drop'
  /** A rule that is not decided here may have let it in before. */
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

/** `leaves`: what comes after the rule in its chain is not asked any more. */
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
