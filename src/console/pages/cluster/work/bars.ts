import type { Stage } from '../../../../protocol/api/clusters.ts'

/** In hundredths of the whole time. */
export interface Bar {
  start: number
  width: number
}

/** What is short is still seen. */
const LEAST = 1

/** Where the bar of each stage is; undefined: it has not begun. `now`: the end of a stage that goes on. */
export function barsOf(
  stages: readonly Pick<Stage, 'startedAt' | 'endedAt' | 'state'>[],
  now: number,
): (Bar | undefined)[] {
  const spans = stages.map(({ startedAt, endedAt, state }) => {
    if (startedAt === null) return undefined
    const start = Date.parse(startedAt)
    const end = endedAt === null ? (state === 'running' ? now : start) : Date.parse(endedAt)
    return { start, end: Math.max(start, end) }
  })
  const begun = spans.filter((span) => span !== undefined)
  const first = Math.min(...begun.map(({ start }) => start))
  const all = Math.max(1, Math.max(...begun.map(({ end }) => end)) - first)
  return spans.map((span) => {
    if (span === undefined) return undefined
    const width = Math.max(LEAST, ((span.end - span.start) / all) * 100)
    return { start: Math.min(((span.start - first) / all) * 100, 100 - width), width }
  })
}
