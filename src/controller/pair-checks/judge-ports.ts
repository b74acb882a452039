import { command, remarked } from '../../base/command.ts'
import type { PairFinding } from '../../protocol/api/pair-report.ts'
import type { Reach } from '../../protocol/wire/pair-check.ts'
import type { Told } from './campaign.ts'
import { letIn, letOut } from './fixes.ts'
import type { PairNode } from './needs.ts'
import { isBlocked, type Look, pairKey } from './reach.ts'

type Blocked = Look & { reach: Exclude<Reach, 'open'> }

/** A finding for each port of each node that others do not reach, and one for nodes that are cut off as a whole. */
export function judgePorts(looks: readonly Look[], told: ReadonlyMap<string, Told>): PairFinding[] {
  const dead = deadPairs(looks)
  const blocked = looks.filter((look): look is Blocked => isBlocked(look) && !dead.has(pairKey(look.from, look.to)))
  const groups = Map.groupBy(blocked, ({ to, port, reach, from }) =>
    // What a node forbids itself is mended there, one by one.
    [to.id, port, reach, reach === 'forbidden' ? from.id : ''].join(' '),
  )
  const index = indexOf(looks)
  const ports = [...groups.values()].map((group) => portFinding(group, index, told))
  return [...cutOff([...dead.values()]), ...ports, ...skipped(looks)]
}

interface Index {
  looks: ReadonlyMap<string, Look>
  /** By the port that was dialled. */
  dialled: ReadonlyMap<string, Look[]>
}

const lookKey = ({ from, to, port }: Pick<Look, 'from' | 'to' | 'port'>) => `${from.id} ${to.id} ${port}`

function indexOf(looks: readonly Look[]): Index {
  const known = looks.filter(({ reach }) => reach !== 'unknown')
  return {
    looks: new Map(looks.map((look) => [lookKey(look), look])),
    dialled: Map.groupBy(known, ({ to, port }) => `${to.id} ${port}`),
  }
}

function portFinding(group: readonly Blocked[], index: Index, told: ReadonlyMap<string, Told>): PairFinding {
  const [{ from, to, port, reach, isHeld }] = group as [Blocked]
  const dialled = index.dialled.get(`${to.id} ${port}`)?.length ?? 0
  const many = dialled > 1 ? ` (${group.length} of the ${dialled} that dialled it)` : ''
  const diallers = group.map((look) => look.from)
  const fix =
    reach === 'forbidden'
      ? letOut(told.get(from.id)?.firewall, from, to, port)
      : letIn(told.get(to.id)?.firewall, to, diallers, port)
  return {
    kind: 'port',
    verdict: 'fail',
    from: diallers.map(({ name }) => name),
    to: to.name,
    port,
    found: `${words(reach, isHeld)}${many}${otherWay(group, index)}`,
    wanted: `${port} of ${to.name} (${to.address}) reached`,
    ...fix,
  }
}

function words(reach: Blocked['reach'], isHeld: boolean): string {
  switch (reach) {
    case 'filtered':
      return 'filtered: no answer came back'
    case 'refused':
      return isHeld
        ? 'refused: the program that holds the port listens elsewhere, or a firewall rejects it'
        : 'refused: a firewall rejects it (RST or ICMP port unreachable)'
    case 'unreachable':
      return 'unreachable: a firewall or router says so (ICMP), or there is no route'
    case 'forbidden':
      return 'forbidden by its own firewall, on the way out'
  }
}

/** Where a port is needed both ways, whether one direction is blocked or both. */
function otherWay(group: readonly Look[], { looks }: Index): string {
  const reverse = group.flatMap(({ from, to, port }) => looks.get(lookKey({ from: to, to: from, port })) ?? [])
  if (reverse.length > 0 && reverse.every(isBlocked)) return '; the other way is blocked, too'
  if (reverse.length > 0 && reverse.every(({ reach }) => reach === 'open')) return '; the other way is open'
  return ''
}

/** Pairs that reach each other on none of several ports, in neither direction, without anybody saying why. */
function deadPairs(looks: readonly Look[]): Map<string, readonly [PairNode, PairNode]> {
  const known = looks.filter(({ reach }) => reach !== 'skipped' && reach !== 'unknown')
  const dead = new Map<string, readonly [PairNode, PairNode]>()
  for (const [key, ofPair] of Map.groupBy(known, ({ from, to }) => pairKey(from, to))) {
    const isSilent = ofPair.every(({ reach }) => reach === 'filtered' || reach === 'unreachable')
    const [first] = ofPair
    if (first && isSilent && new Set(ofPair.map(({ port }) => port)).size > 1) dead.set(key, [first.from, first.to])
  }
  return dead
}

/** One finding a node, beginning with the one that misses most others. */
function cutOff(pairs: readonly (readonly [PairNode, PairNode])[]): PairFinding[] {
  const findings: PairFinding[] = []
  for (let left = pairs; left.length > 0; ) {
    const counts = Map.groupBy(left.flat(), ({ id }) => id)
    const [worst] = [...counts.values()].sort((a, b) => b.length - a.length)
    const node = worst?.[0]
    if (!node) break
    const others = left.filter((pair) => pair.includes(node)).map(([a, b]) => (a === node ? b : a))
    left = left.filter((pair) => !pair.includes(node))
    findings.push({
      kind: 'path',
      verdict: 'fail',
      from: others.map(({ name }) => name),
      to: node.name,
      port: null,
      found: 'they reach each other on no port at all, in neither direction',
      wanted: `a way between ${node.address} and ${others[0]?.address ?? 'the others'}`,
      fix: remarked(
        command`ip route get ${others[0]?.address ?? ''}; ip -br address`,
        `is ${node.address} on the network of the others?`,
      ),
      on: node.name,
    })
  }
  return findings
}

/** Nothing wrong, but not looked at either; one line for each port. */
function skipped(looks: readonly Look[]): PairFinding[] {
  const groups = Map.groupBy(
    looks.filter(({ reach }) => reach === 'skipped'),
    ({ port, isHeld }) => `${port} ${isHeld}`,
  )
  return [...groups.values()].map(([look, ...more]) => {
    const { port, isHeld } = look as Look
    const nodes = [...new Set([look as Look, ...more].map(({ to }) => to.name))]
    return {
      kind: 'port',
      verdict: 'skipped',
      from: [],
      to: nodes.join(', '),
      port,
      found: isHeld
        ? 'in use already, by the kernel or a program'
        : 'nothing listens there, and Kubernetes may want it',
      wanted: 'a free port on a node without Kubernetes',
      fix: 'none needed: prechecks between nodes are for before they are provisioned',
      on: null,
    }
  })
}
