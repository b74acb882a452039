import { build, type Cache, isBuilt, type Part } from './cache.ts'

/** While a part is being built, one line is printed at this interval. */
const HEARTBEAT_MS = 60_000

export interface BuildPartsOptions {
  cache: Cache
  /** How many parts are built in parallel. */
  lanes: number
  /** Milliseconds of a monotonic clock. */
  now(): number
}

/**
 * Builds the parts that are not in the cache: stage by stage, and in a stage the longest first. Prints first what it builds
 * and how long it takes, then one line for each part. After a failure it waits for running builds, and throws.
 */
export async function buildParts(stages: readonly (readonly Part[])[], options: BuildPartsOptions): Promise<void> {
  const { cache, now } = options
  const missing = await Promise.all(stages.map((stage) => missingOf(cache, stage)))
  const all = missing.flat()
  if (all.length === 0) return
  cache.progress(announcement(all, stages.flat().length))
  const started = now()
  const soFar = () => duration((now() - started) / 1_000)
  const running = new Set<string>()
  const heartbeat = setInterval(
    () => cache.progress(`still building ${[...running].join(' and ')}; ${soFar()} so far`),
    HEARTBEAT_MS,
  )
  let done = 0
  const buildOne = async (part: Part) => {
    const begun = now()
    running.add(part.name)
    try {
      await build(cache, part)
    } finally {
      running.delete(part.name)
    }
    done += 1
    const took = duration((now() - begun) / 1_000)
    cache.progress(`[${done}/${all.length}] ${part.name} built in ${took}; ${soFar()} so far`)
  }
  try {
    for (const stage of missing) await inLanes(stage, options.lanes, buildOne)
  } finally {
    clearInterval(heartbeat)
  }
}

async function missingOf(cache: Cache, parts: readonly Part[]): Promise<Part[]> {
  const built = await Promise.all(parts.map((part) => isBuilt(cache, part)))
  return parts.filter((_, at) => !built[at]).sort((a, b) => b.seconds - a.seconds)
}

function announcement(missing: readonly Part[], count: number): string {
  const seconds = missing.reduce((sum, part) => sum + part.seconds, 0)
  const names = missing.map(({ name }) => name).join(', ')
  return `Building ${missing.length} of ${count} parts from source, up to ${duration(seconds)} on two cores (each is built once and cached): ${names}`
}

/** After a failure no further item is started. */
async function inLanes<T>(items: readonly T[], lanes: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items]
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  const guarded = () =>
    lane().catch((error: unknown) => {
      waiting.length = 0
      throw error
    })
  const ends = await Promise.allSettled(Array.from({ length: lanes }, guarded))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

/** `40 s`, `12 min`, `3 min 20 s`. */
function duration(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const rest = whole % 60
  return rest === 0 || whole > 600 ? `${Math.round(whole / 60)} min` : `${Math.floor(whole / 60)} min ${rest} s`
}
