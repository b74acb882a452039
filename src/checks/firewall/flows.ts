import { POD_BRIDGE, POD_TUNNEL } from '../../base/kubernetes-names.ts'
import type { CheckParams } from '../../engine/checks/check.ts'
import { judgedRoles } from '../../engine/checks/judged-roles.ts'
import type { Packet, Place } from './packet.ts'

/** Traffic that the cluster depends on, and a packet that represents it. */
export interface Flow {
  /** `6443/tcp from other nodes` */
  about: string
  /** The severity if the packet is dropped. */
  kind: 'fail' | 'warn'
  packet: Packet
  /** What must be allowed: a port of this or of another machine, all traffic of pods, or replies. */
  opening: { port: number; protocol: 'tcp' | 'udp' } | 'pods' | 'answers'
}

interface Port {
  port: number
  protocol: 'tcp' | 'udp'
}

/** Ports that nodes use between each other. Ports that only the node itself uses are reached over the loopback interface. */
const ON_EVERY_NODE: readonly Port[] = [
  { port: 10250, protocol: 'tcp' },
  { port: 8472, protocol: 'udp' },
]
const ON_A_MASTER: readonly Port[] = [6443, 2379, 2380].map((port) => ({ port, protocol: 'tcp' }))
/** Any ephemeral port of a client. */
const FROM = 40_000
const BRIDGE = [POD_BRIDGE]
const TUNNEL = [POD_TUNNEL]

export interface Ways {
  /** The address of this machine. */
  address: string
  /** Interfaces through which other nodes can be reached. */
  interfaces: readonly string[]
  /** The pod subnet. */
  pods: string
}

export function flowsOf(roles: CheckParams['roles'], { address, interfaces, pods: podSubnet }: Ways): Flow[] {
  const { must, may } = judgedRoles(roles)
  const own: Place = { address, isOwn: true }
  const others: Place = { address, isOwn: false }
  const pods: Place = { address: podSubnet, isOwn: false }
  const fromOthers = (port: number, protocol: Port['protocol']): Packet => ({
    ...{ hook: 'input', in: interfaces, source: others, destination: own },
    ...{ protocol, sourcePort: FROM, destinationPort: port, state: 'new' },
  })
  const masters: [Flow['kind'], readonly Port[]][] = [
    ['fail', must.includes('master') ? ON_A_MASTER : []],
    ['warn', may.includes('master') ? ON_A_MASTER : []],
  ]
  const served = [['fail', ON_EVERY_NODE] as const, ...masters].flatMap(([kind, ports]) =>
    ports.map((port) => ({ kind, ...port })),
  )
  const entering = served.map(({ kind, port, protocol }): Flow => {
    const packet = fromOthers(port, protocol)
    return { about: `${port}/${protocol} from other nodes`, kind, packet, opening: { port, protocol } }
  })
  const leaving = [...ON_EVERY_NODE, ...ON_A_MASTER].map(({ port, protocol }): Flow => {
    const packet: Packet = {
      ...{ ...fromOthers(port, protocol), hook: 'output', in: [], out: interfaces, source: own, destination: others },
    }
    return { about: `${port}/${protocol} to other nodes`, kind: 'fail', packet, opening: { port, protocol } }
  })

  const tcp = { protocol: 'tcp', sourcePort: FROM, state: 'new' } as const
  const toApi = { ...tcp, destinationPort: 6443 }
  const toPod = { ...tcp, destinationPort: 8080 }
  const forwarded = (inBy: readonly string[], outBy: readonly string[], state: Packet['state'] = 'new'): Packet => ({
    ...{ ...toPod, hook: 'forward', in: inBy, out: outBy, source: pods, destination: pods, state },
  })
  const ofPods = (about: string, packet: Packet, kind: Flow['kind'] = 'fail'): Flow => ({
    ...{ about, kind, packet, opening: 'pods' },
  })
  const outside: Place = { address: '192.0.2.1', isOwn: false }
  return [
    ...entering,
    {
      about: 'replies to this node',
      kind: 'fail',
      packet: { ...fromOthers(FROM, 'tcp'), sourcePort: 443, state: 'established' },
      opening: 'answers',
    },
    ...leaving,
    ofPods(
      'traffic from pods to this node',
      { ...toApi, hook: 'input', in: BRIDGE, source: pods, destination: own },
      // On other nodes than masters only a few pods connect to the node.
      must.includes('master') ? 'fail' : 'warn',
    ),
    ofPods('traffic from this node to pods', {
      ...{ ...toPod, hook: 'output', out: BRIDGE, source: own, destination: pods },
    }),
    ofPods('traffic between pods', forwarded(BRIDGE, BRIDGE)),
    ofPods('traffic from pods to other nodes', forwarded(BRIDGE, TUNNEL)),
    ofPods('traffic from other nodes to pods', forwarded(TUNNEL, BRIDGE)),
    ofPods('traffic from pods to other networks', { ...forwarded(BRIDGE, interfaces), destination: outside }),
    ofPods('replies to pods', { ...forwarded(interfaces, BRIDGE, 'established'), source: outside }),
  ]
}
