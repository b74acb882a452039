interface Range {
  /** The first and the last address, as numbers. */
  first: number
  last: number
  prefix: number
}

/** Why the subnets of a cluster cannot be these, by setting. The controller decides; this is told while somebody types. */
export interface SubnetProblems {
  podSubnet?: string
  serviceSubnet?: string
}

interface Node {
  name: string
  address: string
}

const LONGEST_PODS = 23
const LONGEST_SERVICES = 24
/** Ranges that are not routed. */
const RESERVED = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '240.0.0.0/4']

export function subnetProblems(podSubnet: string, serviceSubnet: string, nodes: readonly Node[]): SubnetProblems {
  const pods = rangeOf(podSubnet)
  const services = rangeOf(serviceSubnet)
  const podProblem = problemOf(podSubnet, pods, 8, LONGEST_PODS, nodes)
  const serviceProblem = problemOf(serviceSubnet, services, 12, LONGEST_SERVICES, nodes)
  const both = pods && services && overlap(pods, services) ? 'The subnets of pods and services overlap.' : undefined
  return {
    ...((podProblem ?? both) && { podSubnet: podProblem ?? both }),
    ...((serviceProblem ?? both) && { serviceSubnet: serviceProblem ?? both }),
  }
}

function problemOf(text: string, range: Range | undefined, shortest: number, longest: number, nodes: readonly Node[]) {
  if (range === undefined || range.prefix < shortest || range.prefix > longest) {
    return `Wanted an IPv4 range ADDRESS/PREFIX, from /${shortest} to /${longest}.`
  }
  const whole = `${addressOf(range.first)}/${range.prefix}`
  if (text !== whole)
    return `This is not the beginning of a /${range.prefix} range. The range that contains it is ${whole}.`
  const reserved = RESERVED.find((each) => overlap(range, rangeOf(each)))
  if (reserved) return `It overlaps ${reserved}, whose addresses are not routed. Choose a private range.`
  const inside = nodes.find(({ address }) => contains(range, address))
  if (inside) return `It contains ${inside.address}, the address of node ${inside.name}. Choose another range.`
  return undefined
}

function rangeOf(text: string): Range | undefined {
  const [, address = '', digits = ''] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? []
  const number = numberOf(address)
  const prefix = Number(digits)
  if (number === undefined || prefix > 32) return undefined
  const size = 2 ** (32 - prefix)
  const first = Math.floor(number / size) * size
  return { first, last: first + size - 1, prefix }
}

function numberOf(address: string): number | undefined {
  const parts = address.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0)
}

const addressOf = (number: number): string => [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.')

const overlap = (one: Range, other: Range | undefined): boolean =>
  other !== undefined && one.first <= other.last && other.first <= one.last

function contains({ first, last }: Range, address: string): boolean {
  const number = numberOf(address)
  return number !== undefined && number >= first && number <= last
}
