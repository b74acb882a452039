import assert from 'node:assert/strict'
import { hostPort } from '../../src/base/net/address.ts'
import { ClusterSettings } from '../../src/protocol/settings/cluster-settings.ts'
import { CONTROLLER_PORT } from '../support/site/site.ts'
import { GATEWAY, inNetwork, PREFIX_LENGTH } from '../support/testbed/bed.ts'
import { execOk, type Node } from '../support/testbed/machine.ts'
import { must } from '../support/testbed/run.ts'
import { waitFor } from '../support/wait-for.ts'
import type { Scene } from './shape.ts'

const TABLE = 'cantrip_air_gap'
/** Documentation of RFC 5737 uses it: nobody has it. */
const ELSEWHERE = '192.0.2.1'
const PROBE_PORT = 9
const DEFAULTS = ClusterSettings.parse({})

/** The packets of nodes that go elsewhere: not to nodes, and not to a service that the site has for them. */
export interface AirGap {
  /** Fails if there was one since the beginning. Prints those to addresses of the cluster. */
  assertTight(): Promise<void>
}

/**
 * Counts on the bridge of the bed, where each packet of a node arrives and which stays when a node reboots. Allowed are the other nodes, and
 * at the gateway the controller, the name server, the time server and `tcpPorts`. Sends a packet from `node` first, to see that it counts.
 *
 * Packets to services and pods count apart, because nobody can prevent them: after a boot the kubelet can start a pod before kube-proxy and
 * the pod network have their rules and routes, without which such a packet leaves the node.
 */
export async function watchAirGap(
  { bed, say }: Pick<Scene, 'bed' | 'say'>,
  node: Node,
  tcpPorts: readonly number[] = [],
): Promise<AirGap> {
  const nft = (argv: readonly string[], stdin = '') => must(inNetwork(bed, ['nft', ...argv]), { stdin })
  const list = async () => JSON.parse(await nft(['--json', 'list', 'table', 'bridge', TABLE])) as Listed
  const found = async () => packetsIn(await list(), SETS)
  await nft(['--file', '-'], rules([CONTROLLER_PORT, ...tcpPorts]))
  await execOk(node, ['bash', '-c', `echo >/dev/udp/${ELSEWHERE}/${PROBE_PORT}`])
  const probe = `${node.address} udp ${hostPort(ELSEWHERE, PROBE_PORT)}`
  await waitFor(
    `the packet ${probe} to be counted`,
    async () => (await found()).some((each) => each.startsWith(probe)) || undefined,
  )
  for (const set of SETS) await nft(['flush', 'set', 'bridge', TABLE, set])
  return {
    async assertTight() {
      for (const each of packetsIn(await list(), [OWN])) say(`  to the cluster itself: ${each}`)
      assert.deepEqual(await found(), [], 'packets of nodes that went elsewhere')
    },
  }
}

const OWN = 'to_cluster'
const SETS = ['with_port', 'without_port', 'ipv6']
const NETWORK = `${GATEWAY}/${PREFIX_LENGTH}`

/** Frames that the gateway itself sends pass no such chain. Packets that answer a connection are let through by its first one. */
const rules = (tcpPorts: readonly number[]) => `
table bridge ${TABLE} {
  set with_port { type ipv4_addr . inet_proto . ipv4_addr . inet_service; size 65535; flags dynamic; counter; }
  set without_port { type ipv4_addr . inet_proto . ipv4_addr; size 65535; flags dynamic; counter; }
  set ipv6 { type ipv6_addr . inet_proto . ipv6_addr; size 65535; flags dynamic; counter; }
  set ${OWN} { type ipv4_addr . inet_proto . ipv4_addr; size 65535; flags dynamic; counter; }
  chain from_nodes {
    type filter hook prerouting priority 0; policy accept;
    ip daddr ${NETWORK} ip daddr != ${GATEWAY} accept
    ip daddr ${GATEWAY} udp dport { 53, 123 } accept
    ip daddr ${GATEWAY} tcp dport { ${[53, ...tcpPorts].join(', ')} } accept
    ip daddr ${GATEWAY} tcp flags & (syn | ack) != syn accept
    ip daddr ${GATEWAY} meta l4proto icmp accept
    ip daddr { ${DEFAULTS.podSubnet}, ${DEFAULTS.serviceSubnet} } update @${OWN} { ip saddr . meta l4proto . ip daddr } accept
    meta l4proto { tcp, udp } update @with_port { ip saddr . meta l4proto . ip daddr . th dport }
    meta l4proto != { tcp, udp } update @without_port { ip saddr . meta l4proto . ip daddr }
    ip6 daddr != { fe80::/10, ff02::/16 } update @ipv6 { ip6 saddr . meta l4proto . ip6 daddr }
  }
}
`

interface Listed {
  nftables: {
    set?: { name: string; elem?: { elem: { val: { concat: (string | number)[] }; counter: { packets: number } } }[] }
  }[]
}

/** `10.90.0.11 udp 192.0.2.1:9, 3 packets` */
function packetsIn({ nftables }: Listed, names: readonly string[]): string[] {
  const all = nftables.flatMap(({ set }) => (set && names.includes(set.name) ? (set.elem ?? []) : []))
  return all.map(({ elem: { val, counter } }) => {
    const [from, protocol, to, port] = val.concat
    const target = port === undefined ? to : hostPort(String(to), Number(port))
    return `${from} ${protocol} ${target}, ${counter.packets} packets`
  })
}
