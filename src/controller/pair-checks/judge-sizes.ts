import { command, remarked } from '../../base/command.ts'
import type { PairFinding } from '../../protocol/api/pair-report.ts'
import type { NodeAnswers } from './campaign.ts'
import type { PairNode } from './needs.ts'
import type { Dial } from './plan.ts'

/** Bytes that VXLAN adds to a packet of a pod: inner Ethernet header, VXLAN header, UDP header and outer IP header. */
const OVERHEAD = { ip4: 14 + 8 + 8 + 20, ip6: 14 + 8 + 8 + 40 }

interface Shrunk {
  from: PairNode
  to: PairNode
  mtu: number
  /** The largest packet that arrived unfragmented; 0 if none did. */
  largest: number
}

/** Judges whether packets with the size of an encapsulated packet of a pod, and the don't-fragment flag, arrived. */
export function judgeSizes(dials: readonly Dial[], answers: ReadonlyMap<string, NodeAnswers>): PairFinding[] {
  const shrunk = dials.flatMap((dial) => shrunkOn(dial, answers) ?? [])
  const groups = Map.groupBy(shrunk, ({ to, mtu, largest }) => `${to.id} ${mtu} ${largest}`)
  return [...[...groups.values()].map(sizeFinding), ...withoutFlag(dials, answers)]
}

function shrunkOn({ from, to }: Dial, answers: ReadonlyMap<string, NodeAnswers>): Shrunk | undefined {
  const sizes = answers.get(from.id)?.dialled.get(to.id)?.sizes
  const received = answers.get(to.id)?.received?.find(({ node, port }) => node === from.id && port.endsWith('/udp'))
  // If not even small packets arrive, the port is blocked.
  if (!sizes?.dontFragment || !received || received.packets === 0) return undefined
  const arrived = sizes.whole.filter((size) => received.sizes.includes(size) || sizes.answered.includes(size))
  if (arrived.includes(sizes.mtu)) return undefined
  return { from, to, mtu: sizes.mtu, largest: Math.max(0, ...arrived) }
}

function sizeFinding(group: readonly Shrunk[]): PairFinding {
  const [{ from, to, mtu, largest }] = group as [Shrunk]
  const pod = mtu - (to.address.includes(':') ? OVERHEAD.ip6 : OVERHEAD.ip4)
  const arrived = largest > 0 ? `the largest that arrives has ${largest}` : 'smaller ones do'
  const fix =
    largest > 0
      ? remarked(
          command`ip link set dev ${from.interface ?? 'INTERFACE'} mtu ${largest}`,
          `or raise the MTU of all links to ${to.name}, and of its interface, to ${mtu}`,
        )
      : remarked(command`tracepath -n ${to.address}`, 'shows where the packets are lost')
  return {
    kind: 'mtu',
    verdict: 'fail',
    from: group.map((each) => each.from.name),
    to: to.name,
    port: null,
    found: `packets of ${mtu} bytes do not arrive unfragmented; ${arrived}`,
    wanted: `${mtu} bytes, the size of an encapsulated packet of a pod (${pod} bytes)`,
    fix,
    on: from.name,
  }
}

function withoutFlag(dials: readonly Dial[], answers: ReadonlyMap<string, NodeAnswers>): PairFinding[] {
  const names = dials
    .filter(({ from, to }) => answers.get(from.id)?.dialled.get(to.id)?.sizes?.dontFragment === false)
    .map(({ from }) => from.name)
  return [...new Set(names)].map((name) => ({
    kind: 'mtu',
    verdict: 'skipped',
    from: [name],
    to: 'all',
    port: null,
    found: 'its packets can be fragmented (net.ipv4.ip_no_pmtu_disc is not 0), so sizes cannot be checked',
    wanted: "packets with the don't-fragment flag",
    fix: 'sysctl -w net.ipv4.ip_no_pmtu_disc=0',
    on: name,
  }))
}
