import type { PairFinding } from '../../protocol/api/pair-report.ts'
import type { NodeAnswers } from './campaign.ts'
import type { PairNode } from './needs.ts'
import type { Dial } from './plan.ts'

const LOG = 'journalctl -u cantrip-agent -n 50'

/** Nodes that refused or failed to take part. */
export function judgeNodes(dials: readonly Dial[], answers: ReadonlyMap<string, NodeAnswers>): PairFinding[] {
  const nodes = new Map(dials.flatMap(({ from, to }) => [from, to]).map((node) => [node.id, node]))
  const wanted = Map.groupBy(dials, ({ from }) => from.id)
  return [...nodes.values()].flatMap((node) => {
    const problem = problemOf(answers.get(node.id), wanted.get(node.id) ?? [])
    return problem ? [findingOf(node, problem)] : []
  })
}

function problemOf(
  answers: NodeAnswers | undefined,
  wanted: readonly Dial[],
): { found: string; fix?: string } | undefined {
  if (answers?.refused) return { found: answers.refused.message, fix: answers.refused.fix }
  if (!answers?.ports) return { found: 'it did not answer in time' }
  const failed = [...answers.ports].find(([, { state }]) => state === 'failed')
  if (failed) return { found: `it cannot listen on ${failed[0]}: ${failed[1].why ?? 'unknown reason'}` }
  const missing = wanted.filter(({ to }) => !answers.dialled.has(to.id)).length
  if (missing > 0) return { found: `it did not report on ${missing} of the ${wanted.length} nodes that it had to dial` }
  return answers.received ? undefined : { found: 'it stopped answering before the end' }
}

function findingOf({ name }: PairNode, { found, fix = LOG }: { found: string; fix?: string }): PairFinding {
  return {
    ...{ kind: 'node', verdict: 'fail', from: [], to: name, port: null, found, fix, on: name },
    wanted: 'a node that listens, dials and reports',
  }
}
