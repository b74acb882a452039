import { isLoopback } from '../../host/parse/address.ts'
import { containsSubnet, parseSubnet } from '../../host/parse/subnet.ts'

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

export function meets(packet: Packet, { of, values, isNot }: Condition): Answer {
  const answer = anyOf(values.map((value) => meetsValue(packet, of, value)))
  if (answer === 'unknown' || !isNot) return answer
  return answer === 'yes' ? 'no' : 'yes'
}

function anyOf(answers: readonly Answer[]): Answer {
  return answers.find((answer) => answer === 'yes') ?? answers.find((answer) => answer === 'unknown') ?? 'no'
}

function meetsValue(packet: Packet, of: Condition['of'], value: string): Answer {
  switch (of) {
    case 'in':
    case 'out':
      return matchesInterface(packet[of], value)
    case 'source':
    case 'destination':
      return isWithin(packet[of], value)
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

const ONE_ADDRESS = { ipv4: 32, ipv6: 128 }
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

/** `10.0.0.0/8`, or `10.0.0.5-10.0.0.9`, which only says that somebody in between is meant. */
function isWithin({ address, isOwn }: Place, range: string): Answer {
  const outer = parseSubnet(range)
  const inner = parseSubnet(address)
  if (outer === undefined || inner === undefined) return range.includes('-') ? 'unknown' : 'no'
  // Another node, or a pod, is not at our own address.
  if (containsSubnet(outer, inner)) return sure(isOwn || outer.prefix < ONE_ADDRESS[outer.family])
  // It may be anywhere, save where no machine sends from.
  return isOwn || isLoopback(outer.address) || outer.family !== inner.family ? 'no' : 'unknown'
}

function isInRange(port: number, range: string): boolean {
  const [first = '', last = first] = range.split(/[-:]/)
  return port >= Number(first || 0) && port <= Number(last || 65_535)
}
