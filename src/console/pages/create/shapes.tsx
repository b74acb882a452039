/** How many machines a cluster begins with, and whether workloads run on its masters. */
export const SHAPES = [
  {
    key: 'single',
    title: 'One node',
    masters: 1,
    workers: 0,
    detail: 'It is master and worker. More nodes can follow.',
  },
  {
    key: 'workers',
    title: 'One master and workers',
    masters: 1,
    workers: 3,
    detail: 'Workloads run on the workers only.',
  },
  {
    ...{ key: 'masters', title: 'Three masters', masters: 3, workers: 0 },
    detail: 'They also run workloads. One of them can fail.',
  },
  {
    ...{ key: 'all', title: 'Three masters and workers', masters: 3, workers: 3 },
    detail: 'One master can fail. Workloads run on the workers only.',
  },
] as const

export type ShapeKey = (typeof SHAPES)[number]['key']

const BOX = 30
const GAP = 8
const HEIGHT = 64

/** Masters in the upper row, workers in the lower one. */
export function ShapeDrawing({ masters, workers }: { masters: number; workers: number }) {
  const top = workers === 0 ? (HEIGHT - BOX) / 2 : 0
  return (
    <svg className="shape-drawing" viewBox={`0 0 ${3 * (BOX + GAP)} ${HEIGHT}`} aria-hidden="true">
      <Row count={masters} top={top} letter={workers === 0 ? 'M+W' : 'M'} kind="master" />
      <Row count={workers} top={HEIGHT - BOX} letter="W" kind="worker" />
    </svg>
  )
}

function Row({ count, top, letter, kind }: { count: number; top: number; letter: string; kind: string }) {
  const left = (3 - count) * ((BOX + GAP) / 2) + GAP / 2
  return Array.from({ length: count }, (_, at) => at).map((at) => (
    <g key={at} className={kind}>
      <rect x={left + at * (BOX + GAP)} y={top} width={BOX} height={BOX} rx={4} />
      <text x={left + at * (BOX + GAP) + BOX / 2} y={top + BOX / 2}>
        {letter}
      </text>
    </g>
  ))
}
