import { command, remarked } from '../../base/command.ts'
import type { PairFinding } from '../../protocol/api/pair-report.ts'
import type { Told } from './campaign.ts'
import type { PairNode } from './needs.ts'
import type { Dial } from './plan.ts'

/** What VXLAN adds to a pod's packet: the inner Ethernet header, its own, UDP's and the outer IP header. */
const OVERHEAD = { ip4: 14 + 8 + 8 + 20, ip6: 14 + 8 + 8 + 40 }

interface Shrunk {
  from: PairNode
  to: PairNode
  mtu: number
  /** Of the packets that arrived in one piece; 0 where none of these did. */
  largest: number
}

/** Packets as large as a pod's are once encapsulated, with the don't-fragment flag, and what became of them. */
export function judgeSizes(dials: readonly Dial[], told: ReadonlyMap<string, Told>): PairFinding[] {
  const shrunk = dials.flatMap((dial) => shrunkOn(dial, told) ?? [])
  const groups = Map.groupBy(shrunk, ({ to, mtu, largest }) => `${to.id} ${mtu} ${largest}`)
  return [...[...groups.values()].map(sizeFinding), ...withoutFlag(dials, told)]
}

function shrunkOn({ from, to }: Dial, told: ReadonlyMap<string, Told>): Shrunk | undefined {
  const sizes = told.get(from.id)?.dialled.get(to.id)?.sizes
  const heard = told.get(to.id)?.heard?.find(({ node, port }) => node === from.id && port.endsWith('/udp'))
  // Where not even small packets arrive the port is to blame.
  if (!sizes?.dontFragment || !heard || heard.packets === 0) return undefined
  const arrived = sizes.whole.filter((size) => heard.sizes.includes(size) || sizes.answered.includes(size))
  if (arrived.includes(sizes.mtu)) return undefined
  return { from, to, mtu: sizes.mtu, largest: Math.max(0, ...arrived) }
}

function sizeFinding(group: readonly Shrunk[]): PairFinding {
  const [{ from, to, mtu, largest }] = group as [Shrunk]
  const pod = mtu - (to.address.includes(':') ? OVERHEAD.ip6 : OVERHEAD.ip4)
  const arrived = largest > 0 ? `the largest that arrived has ${largest}` : 'smaller ones do'
  const fix =
    largest > 0
      ? remarked(
          command`ip link set dev ${from.interface ?? 'INTERFACE'} mtu ${largest}`,
          `or let all on the way to ${to.name}, its own interface too, carry ${mtu}`,
        )
      : remarked(command`tracepath -n ${to.address}`, 'shows where on the way the packets get lost')
  return {
    kind: 'mtu',
    verdict: 'fail',
    from: group.map((each) => each.from.name),
    to: to.name,
    port: null,
    found: `packets of ${mtu} bytes do not arrive in one piece; ${arrived}`,
    wanted: `${mtu} bytes, as a pod's packet of ${pod} has them once it is encapsulated`,
    fix,
    on: from.name,
  }
}

function withoutFlag(dials: readonly Dial[], told: ReadonlyMap<string, Told>): PairFinding[] {
  const names = dials
    .filter(({ from, to }) => told.get(from.id)?.dialled.get(to.id)?.sizes?.dontFragment === false)
    .map(({ from }) => from.name)
  return [...new Set(names)].map((name) => ({
    kind: 'mtu',
    verdict: 'skipped',
    from: [name],
    to: 'all',
    port: null,
    found: 'its packets may be fragmented on the way (net.ipv4.ip_no_pmtu_disc is not 0): sizes tell nothing',
    wanted: 'packets with the don’t-fragment flag',
    fix: 'sysctl -w net.ipv4.ip_no_pmtu_disc=0',
    on: name,
  }))
}
