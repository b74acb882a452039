import * as z from 'zod/mini'
import { IpAddress, NodeId } from '../names.ts'

/**
 * What nodes dial each other on while pairs are checked: a closed set, so that no order can open another port. As
 * Kubernetes has them (kubernetes.io/docs/reference/networking/ports-and-protocols), flannel and Cilium 8472/udp,
 * Calico 4789/udp and 179/tcp.
 */
export const PAIR_PORTS = ['6443/tcp', '2379/tcp', '2380/tcp', '10250/tcp', '179/tcp', '8472/udp', '4789/udp'] as const
export const PairPort = z.enum(PAIR_PORTS)

export const PairCheckId = z.string().check(z.regex(/^p-[a-z2-7]{10}$/))

/** Bounds of one order; the controller's plans keep within them. */
export const MAX_ROUNDS = 16
export const MAX_PEERS_A_ROUND = 16
const MAX_PEERS = MAX_ROUNDS * MAX_PEERS_A_ROUND
/** Whatever happens, a node closes what it opened after this. */
export const MAX_OPEN_MS = 120_000

/**
 * A node's part in one check of pairs: where it listens, for whom, and whom it dials in which round. It is signed like
 * an instruction, but it changes nothing on the machine, so nothing of it is written down.
 */
export const PairCheckOrder = z.strictObject({
  order: z.literal('pair-check'),
  check: PairCheckId,
  node: NodeId,
  expiresAt: z.iso.datetime(),
  closeAfterMs: z.int().check(z.positive(), z.maximum(MAX_OPEN_MS)),
  /** The node's own, for cluster traffic: it listens there, and dials from there. */
  address: IpAddress,
  /** False where Kubernetes runs: what happens to be free there is still not ours to take, not for a second. */
  listen: z.boolean(),
  /** That others dial here. */
  ports: z.array(PairPort).check(z.maxLength(PAIR_PORTS.length)),
  /** Nobody else is answered. */
  peers: z.array(z.strictObject({ node: NodeId, address: IpAddress })).check(z.maxLength(MAX_PEERS)),
  rounds: z
    .array(
      z
        .array(
          z.strictObject({
            node: NodeId,
            address: IpAddress,
            ports: z.array(PairPort).check(z.maxLength(PAIR_PORTS.length)),
          }),
        )
        .check(z.maxLength(MAX_PEERS_A_ROUND)),
    )
    .check(z.maxLength(MAX_ROUNDS)),
})

/** `open`: it is ours now. `held`: another program, or the kernel, has it. `closed`: free, and left so. */
export const PortState = z.enum(['open', 'held', 'closed', 'failed'])
/**
 * How a dial ended. `filtered`: no answer. `refused`: an RST, or ICMP port unreachable. `unreachable`: another ICMP
 * unreachable, or no route. `forbidden`: this machine's own rules for what it sends.
 */
export const Reach = z.enum(['open', 'filtered', 'refused', 'unreachable', 'forbidden'])

/** What filters packets on a node, as far as that can be seen; `chains`: nftables' `FAMILY TABLE CHAIN` of that hook. */
const chains = z.array(z.string().check(z.maxLength(200))).check(z.maxLength(8))
export const Firewall = z.strictObject({
  kind: z.enum(['firewalld', 'ufw', 'nftables', 'none']),
  input: chains,
  output: chains,
})

const ms = z.number().check(z.minimum(-1e15), z.maximum(1e15))
const count = z.int().check(z.nonnegative(), z.maximum(1_000_000))
const sizes = z.array(count).check(z.maxLength(32))

export const Timing = z.strictObject({
  roundTrips: count,
  lost: count,
  medianMs: ms,
  p99Ms: ms,
  /** The peer's clock minus ours, by the quickest round trip; absent where only connections were timed. */
  offsetMs: z.optional(ms),
})

/** Packets of so many bytes, IP header included. */
export const Sizes = z.strictObject({
  /** Of the sender's interface: a pod's packet at the CNI's MTU has this size once it is encapsulated. */
  mtu: count,
  /** Whether this machine's UDP packets carry the don't-fragment flag (net.ipv4.ip_no_pmtu_disc). */
  dontFragment: z.boolean(),
  /** That left this machine in one piece. */
  whole: sizes,
  /** Of those, which the peer answered. */
  answered: sizes,
})

export const Dialled = z.strictObject({
  node: NodeId,
  ports: z.array(z.strictObject({ port: PairPort, reach: Reach })).check(z.maxLength(PAIR_PORTS.length)),
  timing: z.optional(Timing),
  sizes: z.optional(Sizes),
})

export const Heard = z.strictObject({ node: NodeId, port: PairPort, packets: count, sizes })

const text = z.string().check(z.maxLength(4_096))

/** None of it is durable: a check that is interrupted is begun anew. */
export const PairCheckDown = z.discriminatedUnion('say', [
  z.strictObject({
    say: z.literal('order'),
    /** The exact bytes that were signed, as text: a PairCheckOrder. */
    payload: z.string().check(z.maxLength(262_144)),
    signature: z.string().check(z.maxLength(100)),
  }),
  z.strictObject({
    say: z.literal('go'),
    check: PairCheckId,
    round: z.int().check(z.nonnegative()),
    /** Where nobody of ours listens for UDP: a packet there would only disturb. */
    withoutUdp: z.array(NodeId).check(z.maxLength(MAX_PEERS_A_ROUND)),
  }),
  z.strictObject({ say: z.literal('end'), check: PairCheckId }),
])

export const PairCheckUp = z.discriminatedUnion('say', [
  z.strictObject({
    say: z.literal('listening'),
    check: PairCheckId,
    ports: z
      .array(z.strictObject({ port: PairPort, state: PortState, why: z.optional(text) }))
      .check(z.maxLength(PAIR_PORTS.length)),
    firewall: Firewall,
  }),
  z.strictObject({
    say: z.literal('refused'),
    check: PairCheckId,
    error: z.strictObject({ code: text, message: text, fix: text }),
  }),
  z.strictObject({
    say: z.literal('dialled'),
    check: PairCheckId,
    round: z.int().check(z.nonnegative()),
    peers: z.array(Dialled).check(z.maxLength(MAX_PEERS_A_ROUND)),
  }),
  z.strictObject({
    say: z.literal('heard'),
    check: PairCheckId,
    peers: z.array(Heard).check(z.maxLength(2 * MAX_PEERS)),
  }),
])

export type PairPort = z.infer<typeof PairPort>
export type PairCheckOrder = z.infer<typeof PairCheckOrder>
export type PairCheckDown = z.infer<typeof PairCheckDown>
export type PairCheckUp = z.infer<typeof PairCheckUp>
export type PortState = z.infer<typeof PortState>
export type Reach = z.infer<typeof Reach>
export type Firewall = z.infer<typeof Firewall>
export type Timing = z.infer<typeof Timing>
export type Sizes = z.infer<typeof Sizes>
export type Dialled = z.infer<typeof Dialled>
export type Heard = z.infer<typeof Heard>
