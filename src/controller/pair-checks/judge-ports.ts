import { command, remarked } from '../../base/command.ts'
import type { PairFinding } from '../../protocol/api/pair-report.ts'
import type { Reach } from '../../protocol/wire/pair-check.ts'
import type { NodeAnswers } from './campaign.ts'
import { allowInput, allowOutput } from './fixes.ts'
import { type PairNode, PIECES } from './needs.ts'
import { isBlocked, type Look, pairKey } from './reach.ts'

type Blocked = Look & { reach: Exclude<Reach, 'open'> }

/** One finding for each port of each node that others cannot reach, and one for a node that is unreachable on all ports. */
export function judgePorts(looks: readonly Look[], answers: ReadonlyMap<string, NodeAnswers>): PairFinding[] {
  const dead = deadPairs(looks)
  const blocked = looks.filter((look): look is Blocked => isBlocked(look) && !dead.has(pairKey(look.from, look.to)))
  const groups = Map.groupBy(blocked, ({ to, port, reach, from }) =>
    // Output rules of a node are fixed on that node, so each has its own finding.
    [to.id, port, reach, reach === 'forbidden' ? from.id : ''].join(' '),
  )
  const index = indexOf(looks)
  const ports = [...groups.values()].map((group) => portFinding(group, index, answers))
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

function portFinding(group: readonly Blocked[], index: Index, answers: ReadonlyMap<string, NodeAnswers>): PairFinding {
  const [{ from, to, port, reach, isHeld }] = group as [Blocked]
  const dialled = index.dialled.get(`${to.id} ${port}`)?.length ?? 0
  const many = dialled > 1 ? ` (${group.length} of the ${dialled} that dialled it)` : ''
  const diallers = group.map((look) => look.from)
  const fix =
    reach === 'forbidden'
      ? allowOutput(answers.get(from.id)?.firewall, from, to, port)
      : allowInput(answers.get(to.id)?.firewall, to, diallers, port)
  return {
    kind: 'port',
    verdict: port === PIECES ? 'warn' : 'fail',
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
        ? 'refused: the program that uses the port listens on another address, or a firewall rejects it'
        : 'refused: a firewall rejects it (RST or ICMP port unreachable)'
    case 'unreachable':
      return 'unreachable: a firewall or router reports it (ICMP), or there is no route'
    case 'forbidden':
      return 'forbidden by its own firewall rules for output'
  }
}

/** For a port that is needed in both directions: whether the other direction is blocked too. */
function otherWay(group: readonly Look[], { looks }: Index): string {
  const reverse = group.flatMap(({ from, to, port }) => looks.get(lookKey({ from: to, to: from, port })) ?? [])
  if (reverse.length > 0 && reverse.every(isBlocked)) return '; the other direction is blocked too'
  if (reverse.length > 0 && reverse.every(({ reach }) => reach === 'open')) return '; the other direction is open'
  return ''
}

/** Pairs that cannot reach each other on any of several ports, in either direction, without a rejection. */
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

/** One finding per node, beginning with the node that is cut off from most others. */
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
      found: 'they cannot reach each other on any port, in either direction',
      wanted: `a route between ${node.address} and ${others[0]?.address ?? 'the others'}`,
      fix: remarked(
        command`ip route get ${others[0]?.address ?? ''}; ip -br address`,
        `check that ${node.address} is on the network of the others`,
      ),
      on: node.name,
    })
  }
  return findings
}

/** Ports that could not be checked; one finding per port. */
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
        ? 'already in use, by the kernel or a program'
        : 'nothing listens on it, and Kubernetes may need it',
      wanted: 'a free port on a node without Kubernetes',
      fix: 'none needed: pair checks are meant for nodes before they are provisioned',
      on: null,
    }
  })
}
