import type { NodeView } from '../../../protocol/api/nodes.ts'
import type { ClusterHead } from '../../data/queries.ts'
import { oneLine } from '../../parts/values/formats.ts'
import { waitText } from '../../parts/values/waits.ts'

/** What a cluster waits for, or what is wrong with it. */
export interface Waiting {
  text: string
  /** On which node; undefined: on none, or on several. */
  node?: Pick<NodeView, 'id' | 'name'>
  /** ISO 8601; undefined: not known. */
  since?: string
  isProblem: boolean
}

type Head = Pick<ClusterHead, 'state' | 'error' | 'problems' | 'waitingFor' | 'upgrade' | 'stages' | 'unknownSince'>
type Member = Pick<NodeView, 'id' | 'name' | 'state' | 'error' | 'step' | 'waitingFor' | 'run'>

/** The first thing to look at: an error, then a problem, then what is waited for. Undefined: nothing. */
export function waitingOf(cluster: Head, nodes: readonly Member[]): Waiting | undefined {
  const named = (name: string | null) => nodes.find((node) => node.name === name)
  const failed = nodes.find(({ error }) => error !== null)
  if (cluster.error ?? failed?.error) {
    const text = oneLine((failed?.error ?? cluster.error)?.message ?? '')
    return { text, node: failed, since: failed?.run?.endedAt ?? undefined, isProblem: true }
  }
  const [problem] = cluster.problems
  if (problem)
    return { text: oneLine(problem.message), node: named(problem.node), since: problem.since, isProblem: true }
  if (cluster.state === 'UNKNOWN') {
    return { text: 'no report from the cluster', since: cluster.unknownSince ?? undefined, isProblem: true }
  }
  if (cluster.upgrade?.waitingFor) {
    const { waitingFor, nodes: upgraded, beganAt } = cluster.upgrade
    const held = upgraded.find((each) => each.waitingFor !== null)
    return {
      text: waitText(held?.waitingFor ?? waitingFor),
      node: named(held?.name ?? null),
      since: beganAt,
      isProblem: false,
    }
  }
  const running = cluster.stages.find(({ state }) => state === 'running')
  const busy = nodes.find(({ waitingFor, run }) => waitingFor !== null && run?.state === 'open')
  if (busy?.waitingFor)
    return { text: waitText(busy.waitingFor), node: busy, since: busy.run?.createdAt, isProblem: false }
  if (cluster.waitingFor)
    return { text: waitText(cluster.waitingFor), since: running?.startedAt ?? undefined, isProblem: false }
  const working = nodes.find(({ step }) => step !== null)
  if (working?.step) return { text: working.step, node: working, since: working.run?.createdAt, isProblem: false }
  const next = NEXT[running?.name ?? '']
  if (next === undefined || running === undefined || cluster.state === 'READY') return undefined
  return { text: next, since: running.startedAt ?? undefined, isProblem: false }
}

/** What a person does in the stages in which nothing happens by itself. */
const NEXT: Readonly<Record<string, string>> = {
  discover: 'machines to ask to enrol: run the command of the cluster on them',
  approve: 'somebody to approve its nodes',
  configure: 'somebody to configure its nodes',
}
