import { ipv4ToNumber } from '../../base/net/address.ts'

/** A packet that the cluster depends on, as far as it is known before there is a cluster. */
export interface Packet {
  hook: 'input' | 'forward' | 'output'
  /** Interfaces that it may come in by, or go out by. */
  in?: readonly string[]
  out?: readonly string[]
  source: Place
  destination: Place
  protocol: 'tcp' | 'udp'
  sourcePort: number
  destinationPort: number
  state: 'new' | 'established'
}

/** Where a packet is from or goes to: one of our own addresses, or somewhere in a network that ours stands for. */
export interface Place {
  address: string
  /** Of other nodes and of pods nobody knows the addresses yet. */
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

/** What a rule asks of a packet. `something` is what is not judged here: marks, limits, sets of other programs. */
export interface Condition {
  of: Matchable | 'something'
  /** One of them is enough: interfaces (`eth0`, `eth*`), subnets, `6443`, `2379-2380`, `new`. */
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

function anyOf<T>(values: readonly T[], ask: (value: T) => Answer): Answer {
  let answer: Answer = 'no'
  for (const value of values) {
    const one = ask(value)
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
/** Interfaces of other pod networks than ours: who names them has thought of Kubernetes. */
const OF_POD_NETWORKS = /^(cali|cilium|lxc|weave|vxlan|tunl|wg|kube|veth|flannel|cni)/

const sure = (isTrue: boolean): Answer => (isTrue ? 'yes' : 'no')

/** A packet without an interface has none on that side: nothing comes in that is sent from here. */
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
  // Another node, or a pod, is not at our own address.
  if (first <= inner[0] && last >= inner[1]) return sure(isOwn || last > first)
  // It may be anywhere, save where no machine sends from.
  return isOwn || first >>> 24 === LOOPBACK ? 'no' : 'unknown'
}

/** A set of all networks of a country has a hundred thousand elements, and is asked for each packet. */
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
