import * as z from 'zod/mini'
import { IpAddress, NodeId } from '../names.ts'
import { Signed } from './signed.ts'

/**
 * The ports that a pair check can dial. The set is closed, so no order can open another port. Ports of Kubernetes:
 * kubernetes.io/docs/reference/networking/ports-and-protocols; flannel and Cilium use 8472/udp, Calico 4789/udp and
 * 179/tcp. On the last one nodes hand on pieces of bundles; an agent with the capability `frame/pieces` knows it.
 */
export const PAIR_PORTS = [
  ...(['6443/tcp', '2379/tcp', '2380/tcp', '10250/tcp', '179/tcp', '8472/udp', '4789/udp'] as const),
  '7444/tcp',
] as const
export const PairPort = z.enum(PAIR_PORTS)

export const PairCheckId = z.string().check(z.regex(/^p-[a-z2-7]{10}$/))

/** Limits of one order. */
export const MAX_ROUNDS = 16
export const MAX_PEERS_A_ROUND = 16
const MAX_PEERS = MAX_ROUNDS * MAX_PEERS_A_ROUND
/** A node closes its ports after this time at the latest. */
export const MAX_OPEN_MS = 120_000

/**
 * A node's part in one pair check: the ports that it listens on, for which peers, and the peers that it dials in each
 * round. It is signed like an instruction, but changes nothing on the machine, so it is not recorded in the ledger.
 */
export const PairCheckOrder = z.strictObject({
  order: z.literal('pair-check'),
  check: PairCheckId,
  node: NodeId,
  expiresAt: z.iso.datetime(),
  closeAfterMs: z.int().check(z.positive(), z.maximum(MAX_OPEN_MS)),
  /** The node's address for cluster traffic: it listens on it, and dials from it. */
  address: IpAddress,
  /** False if Kubernetes runs on the node: a port that is free there for a moment still belongs to Kubernetes. */
  listen: z.boolean(),
  /** The ports that peers dial. */
  ports: z.array(PairPort).check(z.maxLength(PAIR_PORTS.length)),
  /** The only peers that the node answers. */
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

/** `open`: the agent listens. `held`: another program or the kernel uses the port. `closed`: free, and not used. */
export const PortState = z.enum(['open', 'held', 'closed', 'failed'])
/**
 * The result of a dial. `filtered`: no answer. `refused`: an RST, or ICMP port unreachable. `unreachable`: another ICMP
 * unreachable, or no route. `forbidden`: the machine's own rules for output.
 */
export const Reach = z.enum(['open', 'filtered', 'refused', 'unreachable', 'forbidden'])

/** nftables chains, `FAMILY TABLE CHAIN` each, of one hook. */
const chains = z.array(z.string().check(z.maxLength(200))).check(z.maxLength(8))
/** The packet filter of a node, as far as the agent can detect it. */
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
  /** The peer's clock minus the node's, from the fastest round trip; absent if only connections were timed. */
  offsetMs: z.optional(ms),
})

/** Sizes of packets in bytes, including the IP header. */
export const Sizes = z.strictObject({
  /** Of the sender's interface: the size of an encapsulated packet of a pod at the CNI's MTU. */
  mtu: count,
  /** Whether UDP packets of the sender carry the don't-fragment flag (net.ipv4.ip_no_pmtu_disc). */
  dontFragment: z.boolean(),
  /** Sizes that were sent unfragmented. */
  whole: sizes,
  /** Those of them that the peer answered. */
  answered: sizes,
})

export const Dialled = z.strictObject({
  node: NodeId,
  ports: z.array(z.strictObject({ port: PairPort, reach: Reach })).check(z.maxLength(PAIR_PORTS.length)),
  timing: z.optional(Timing),
  sizes: z.optional(Sizes),
})

export const Received = z.strictObject({ node: NodeId, port: PairPort, packets: count, sizes })

const text = z.string().check(z.maxLength(4_096))

/** These messages are not durable: an interrupted check is repeated as a whole. */
export const PairCheckDown = z.discriminatedUnion('say', [
  /** A PairCheckOrder. */
  z.strictObject({ say: z.literal('order'), ...Signed.shape }),
  z.strictObject({
    say: z.literal('go'),
    check: PairCheckId,
    round: z.int().check(z.nonnegative()),
    /** Peers whose agent does not listen for UDP: test packets could disturb the program that does. */
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
    peers: z.array(Received).check(z.maxLength(2 * MAX_PEERS)),
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
export type Received = z.infer<typeof Received>
