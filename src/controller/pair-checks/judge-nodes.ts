import type { PairFinding } from '../../protocol/api/pair-report.ts'
import type { Told } from './campaign.ts'
import type { PairNode } from './needs.ts'
import type { Dial } from './plan.ts'

const LOG = 'journalctl -u cantrip-agent -n 50'

/** Nodes that could not do their part. */
export function judgeNodes(dials: readonly Dial[], told: ReadonlyMap<string, Told>): PairFinding[] {
  const nodes = new Map(dials.flatMap(({ from, to }) => [from, to]).map((node) => [node.id, node]))
  const wanted = Map.groupBy(dials, ({ from }) => from.id)
  return [...nodes.values()].flatMap((node) => {
    const problem = problemOf(told.get(node.id), wanted.get(node.id) ?? [])
    return problem ? [findingOf(node, problem)] : []
  })
}

function problemOf(told: Told | undefined, wanted: readonly Dial[]): { found: string; fix?: string } | undefined {
  if (told?.refused) return { found: told.refused.message, fix: told.refused.fix }
  if (!told?.ports) return { found: 'it told nothing in time' }
  const failed = [...told.ports].find(([, { state }]) => state === 'failed')
  if (failed) return { found: `it cannot listen on ${failed[0]}: ${failed[1].why ?? 'it did not say why'}` }
  const missing = wanted.filter(({ to }) => !told.dialled.has(to.id)).length
  if (missing > 0) return { found: `of ${wanted.length} nodes that it was to dial it did not tell of ${missing}` }
  return told.heard ? undefined : { found: 'it fell silent before the end' }
}

function findingOf({ name }: PairNode, { found, fix = LOG }: { found: string; fix?: string }): PairFinding {
  return {
    ...{ kind: 'node', verdict: 'fail', from: [], to: name, port: null, found, fix, on: name },
    wanted: 'a node that listens, dials, and tells',
  }
}
