import { ipv4ToNumber } from '../../base/net/address.ts'

/** A packet that the cluster depends on, as far as it is known before the cluster exists. */
export interface Packet {
  hook: 'input' | 'forward' | 'output'
  /** Interfaces on which it can arrive, and on which it can leave. */
  in?: readonly string[]
  out?: readonly string[]
  source: Place
  destination: Place
  protocol: 'tcp' | 'udp'
  sourcePort: number
  destinationPort: number
  state: 'new' | 'established'
}

/** Source or destination of a packet: an address of this machine, or an unknown address in the same network. */
export interface Place {
  address: string
  /** False for other nodes and pods, whose addresses are not known yet. */
  isOwn: boolean
}

export type Matchable =
  | 'in'
  | 'out'
  | 'source'
  | 'destination'
  | 'destinationType'
  | 'family'
  | 'protocol'
  | 'sourcePort'
  | 'destinationPort'
  | 'state'

/** A condition of a rule. `something` cannot be evaluated here: marks, limits, sets of other programs. */
export interface Condition {
  of: Matchable | 'something'
  /** Any one matches: interfaces (`eth0`, `eth*`), subnets, `6443`, `2379-2380`, `new`. */
  values: readonly string[]
  isNot: boolean
}

export type Answer = 'yes' | 'no' | 'unknown'

export function meets(packet: Packet, condition: Condition): Answer {
  const { of, isNot } = condition
  const answer =
    of === 'source' || of === 'destination'
      ? meetsRange(packet[of], rangesOf(condition))
      : anyOf(condition.values, (value) => meetsValue(packet, of, value))
  if (answer === 'unknown' || !isNot) return answer
  return answer === 'yes' ? 'no' : 'yes'
}

function anyOf<T>(values: readonly T[], evaluate: (value: T) => Answer): Answer {
  let answer: Answer = 'no'
  for (const value of values) {
    const one = evaluate(value)
    if (one === 'yes') return one
    if (one === 'unknown') answer = one
  }
  return answer
}

function meetsValue(packet: Packet, of: Exclude<Condition['of'], 'source' | 'destination'>, value: string): Answer {
  switch (of) {
    case 'in':
    case 'out':
      return matchesInterface(packet[of], value)
    case 'destinationType':
      return sure(value === 'unicast' || (value === 'local' && packet.hook === 'input'))
    case 'family':
      return sure(value === 'ipv4' || value === 'ip')
    case 'protocol':
      return sure([packet.protocol, PROTOCOL_NUMBERS[packet.protocol], 'all', '0'].includes(value))
    case 'sourcePort':
    case 'destinationPort':
      return sure(isInRange(packet[of], value))
    case 'state':
      return sure(packet.state === value)
    case 'something':
      return 'unknown'
  }
}

const PROTOCOL_NUMBERS = { tcp: '6', udp: '17' }
/** Interfaces of pod networks. A rule that names one of them was probably written for Kubernetes. */
const OF_POD_NETWORKS = /^(cali|cilium|lxc|weave|vxlan|tunl|wg|kube|veth|flannel|cni)/

const sure = (isTrue: boolean): Answer => (isTrue ? 'yes' : 'no')

/** Without names the packet has no interface on that side: a packet that this machine sends does not arrive on one. */
function matchesInterface(names: readonly string[] = [], pattern: string): Answer {
  const start = /^(.*)[*+]$/.exec(pattern)?.[1]
  const matches = (name: string) => (start === undefined ? name === pattern : name.startsWith(start))
  if (names.length > 0 && names.every(matches)) return 'yes'
  if (names.some(matches)) return 'unknown'
  return names.some((name) => OF_POD_NETWORKS.test(name)) && OF_POD_NETWORKS.test(pattern) ? 'unknown' : 'no'
}

function meetsRange({ address, isOwn }: Place, ranges: readonly Range[]): Answer {
  const inner = rangeOf(address)
  return anyOf(ranges, (range) => isWithin(inner, isOwn, range))
}

/** First and last address of an IPv4 range, as numbers. */
type Range = readonly [first: number, last: number]

function isWithin(inner: Range | undefined, isOwn: boolean, [first, last]: Range): Answer {
  if (inner === undefined) return 'no'
  // The address of another node or of a pod is never that of this machine.
  if (first <= inner[0] && last >= inner[1]) return sure(isOwn || last > first)
  // The address of another machine can be anywhere but in the loopback range.
  return isOwn || first >>> 24 === LOOPBACK ? 'no' : 'unknown'
}

/** Parsed once: a set with all networks of a country has 100000 elements and is evaluated for each packet. */
const known = new WeakMap<Condition, readonly Range[]>()

function rangesOf(condition: Condition): readonly Range[] {
  const ranges = known.get(condition) ?? condition.values.map(rangeOf).filter((range) => range !== undefined)
  known.set(condition, ranges)
  return ranges
}

const LOOPBACK = 127

/** `10.0.0.5`, `10.0.0.0/8`, `10.0.0.5-10.0.0.9` */
function rangeOf(text: string): Range | undefined {
  const [address = '', end] = text.split('-')
  const [start = '', prefix = '32'] = address.split('/')
  const first = ipv4ToNumber(start)
  if (first === undefined) return undefined
  const last = end === undefined ? first + 2 ** (32 - Number(prefix)) - 1 : ipv4ToNumber(end)
  return last === undefined ? undefined : [first, last]
}

function isInRange(port: number, range: string): boolean {
  const [first = '', last = first] = range.split(/[-:]/)
  return port >= Number(first || 0) && port <= Number(last || 65_535)
}
