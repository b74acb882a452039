import { isDeepStrictEqual } from 'node:util'
import { placeAfter } from '../../../../src/controller/domain/place.ts'
import type { Cluster, Node, Run } from '../../../../src/controller/domain/records.ts'
import { mayHaveKubernetes, takesPart } from '../../../../src/controller/domain/shape.ts'
import { isMove } from '../../../../src/controller/domain/upgrade/upgrade.ts'
import { clusterStateInEvents, visibleClusterState } from '../../../../src/controller/reconcile/cluster-state.ts'
import { nodeStateInEvents } from '../../../../src/controller/reconcile/node-state.ts'
import { presentIn, runsIn } from './mirror.ts'
import type { World } from './world.ts'

const isReset = (run: Run | undefined) => run?.role === 'reset'

/** Invariants after each commit. Returns the violations. */
export function contradictions(world: World): string[] {
  const { mirror, machines } = world
  if (world.judged === mirror.changes.length) return world.wrong.splice(0)
  world.judged = mirror.changes.length
  const nodes = presentIn(mirror)
  const { cluster } = mirror
  const runs = ({ id }: Node) => runsIn(mirror, id)
  const last = (node: Node): Run | undefined => runs(node).findLast(({ repair }) => !repair)
  const found = world.wrong.splice(0)
  const must = (isSo: boolean, what: string) => {
    if (!isSo) found.push(what)
  }
  for (const node of nodes) {
    // A cancelled run may stay open for long, until its node gets the message.
    const open = runs(node).filter(({ state, cancel }) => state === 'open' && !cancel)
    must(open.length <= 1, `${node.name} has ${open.length} open runs`)
    const wanted = open[0]?.repair ? 'READY' : 'PROVISIONING'
    must(open.length === 0 || node.state === wanted, `${node.name} is ${node.state} with an open run`)
    must(
      open.length === 0 || mirror.asked.has(node.id) || isReset(last(node)),
      `${node.name} began without being asked`,
    )
    must(node.state !== 'READY' || last(node)?.state === 'done', `${node.name} is READY after ${last(node)?.state}`)
    const task = last(node)
    const place = task && mayHaveKubernetes(node) ? placeAfter(task) : 'none'
    must(isDeepStrictEqual(node.place, place), `${node.name} is ${JSON.stringify(node.place)}`)
    must(node.state !== 'CONFIGURED' || node.roles.length > 0, `${node.name} is CONFIGURED without a role`)
    must(!['DISCOVERED', 'APPROVED'].includes(node.state) || node.roles.length === 0, `${node.name} keeps its roles`)
  }
  // A node that was silent for long did not block others, and may be back.
  const changing = nodes.filter((node) => {
    const run = runs(node).at(-1)
    if (run?.state !== 'open' || run.cancel || mirror.silenced.has(run.id)) return false
    const { invited = false, hasVote = false } = run.progress
    return run.repair ? node.roles.includes('master') : run.role === 'master' && invited && !hasVote
  })
  must(changing.length <= 1, `${changing.length} masters join or are repaired at once`)
  const ready = nodes.filter(({ state }) => state === 'READY')
  const partOf = ({ id }: Node) => machines.find((machine) => machine.id === id)?.kubernetes ?? []
  const clustersOf = ready.flatMap(partOf)
  const clusters = new Set(clustersOf.map((each) => each.cluster))
  const isToMove = ({ id }: Node) =>
    isMove(cluster.upgrade) && cluster.upgrade?.nodes.some((each) => each.id === id && each.phase !== 'done')
  const stray = ready
    .filter((node) => !isToMove(node))
    .flatMap(partOf)
    .find(({ endpoint }) => endpoint !== cluster.endpoint)
  must(
    !stray || cluster.desired !== 'provision',
    `the API is called ${cluster.endpoint}, and ${stray?.endpoint} on a node`,
  )
  must(clusters.size <= 1, `READY nodes are of ${clusters.size} clusters: ${[...clusters]}`)
  const inRepair = nodes.find((node) => {
    const run = runs(node).at(-1)
    return run?.repair && run.state === 'open' && node.silent !== 'unreachable' && node.leaving === 'no'
  })
  const state = visibleClusterState(cluster)
  must(state !== 'READY' || !inRepair, `the cluster is READY while ${inRepair?.name} is repaired`)
  must(state !== 'DEGRADED' || cluster.report !== null, 'the cluster is DEGRADED without a report')
  must(cluster.desired === 'provision' || cluster.problems.length === 0, 'a cluster that is not wanted has problems')
  const hasMaster = ready.some(({ roles }) => roles.includes('master'))
  must(cluster.state !== 'READY' || hasMaster, 'the cluster is READY without a master')
  return [...found, ...unreportedStates(world)]
}

/** States that differ from the events. */
function unreportedStates({ mirror }: World): string[] {
  const isOther = (id: string | null, state: string, name: string) =>
    mirror.shown.get(id) === state ? [] : [`${name} is ${state}, and its events say ${mirror.shown.get(id)}`]
  return [
    ...isOther(null, clusterStateInEvents(mirror.cluster), 'the cluster'),
    ...[...mirror.nodes.values()].flatMap((node) => isOther(node.id, nodeStateInEvents(node), node.name)),
  ]
}

/** States that must not be READY for longer than a moment. Call it right after the periodic passes. */
export function wronglyReady({ mirror }: World): string[] {
  const { cluster } = mirror
  const wrong = whatIsWrong(cluster, presentIn(mirror), mirror.dnsDownSince)
  return visibleClusterState(cluster) === 'READY' && wrong !== undefined ? [`the cluster is READY, and ${wrong}`] : []
}

function whatIsWrong(cluster: Cluster, nodes: readonly Node[], dnsDownSince: string | null): string | undefined {
  const away = nodes.find((node) => takesPart(node, cluster) && node.silent === 'unreachable')
  if (away) return `${away.name} is away`
  if (cluster.report === null || cluster.reportAt === null) return undefined
  const since = (at: string) => Date.now() - Date.parse(at)
  // The passes themselves take some time.
  if (since(cluster.reportAt) >= 95_000) return 'there is no current report'
  return dnsDownSince !== null && since(dnsDownSince) >= 20_000 ? 'its DNS is down' : undefined
}

/** Lost or duplicate messages of machines, and content of the store that was never committed. */
export async function lostOrDoubled({ mirror, machines, store }: World): Promise<string[]> {
  const found: string[] = []
  const data = await store.load(mirror.cluster.id)
  const same = (what: string, stored: unknown, committed: unknown) => {
    if (!isDeepStrictEqual(stored, committed)) found.push(`${what} is not stored as it was committed`)
  }
  same('the cluster', data?.cluster, mirror.cluster)
  same('a node', new Map(data?.nodes.map((node) => [node.id, node])), mirror.nodes)
  const enrolments = data?.enrolments.map((each) => [each.fingerprint, each] as const)
  same('an enrolment', new Map(enrolments), mirror.enrolments)
  for (const id of mirror.nodes.keys()) same(`a run of ${id}`, await store.runsOf(id), runsIn(mirror, id))
  const events = await store.eventsAfter({ after: 0, cluster: mirror.cluster.id }, 1_000_000)
  const bare = events.map(({ seq: _, kind: __, ...event }) => event)
  same('an event', bare, mirror.events)
  for (const { id, name, outbox } of machines) {
    const upSeq = mirror.nodes.get(id)?.upSeq ?? 0
    const sent = outbox.slice(0, upSeq)
    const own = sent.flatMap(({ t, seq, body }) => (t === 'event' ? [{ seq, event: body.event }] : []))
    const stored = events.flatMap(({ nodeId, nodeSeq, event }) =>
      nodeId === id && nodeSeq !== null ? [{ seq: nodeSeq, event }] : [],
    )
    if (!isDeepStrictEqual(stored, own)) found.push(`of ${own.length} events of ${name}, ${stored.length} are stored`)
    for (const { t, body } of sent) {
      const run = t === 'result' ? runsIn(mirror, id).find((each) => each.id === body.run) : undefined
      if (run?.state === 'open') found.push(`run ${run.id} of ${name} ended, and is open`)
    }
  }
  return found
}
