import { isIPv4 } from 'node:net'

interface Waiting {
  source: string
  begin(): void
  drop(): void
}

export interface FairQueue {
  /** Does the work when it is its turn, one at a time. Rejects with what `full` returns if there is no room. */
  run<T>(source: string, work: () => Promise<T>): Promise<T>
}

/** What waits, of all and of one source. */
interface Limits {
  most: number
  mostOfSource: number
}

/**
 * Networks take turns, so that none delays the others for longer than one piece of work for each of them. When it is full, a newcomer
 * takes the place of the last one of the network of which most are waiting: one network, with all its addresses, never keeps out others.
 */
export function openFairQueue({ most, mostOfSource }: Limits, full: () => Error): FairQueue {
  /** By network; the first one is the next. */
  const waiting = new Map<string, Waiting[]>()
  /** Of each source, together with what is in work. */
  const ofSource = new Map<string, number>()
  let isWorking = false

  const total = () => [...waiting.values()].reduce((sum, { length }) => sum + length, 0)
  function makeRoom(network: string): void {
    if (total() < most) return
    const [largest, those] = [...waiting].reduce((a, b) => (b[1].length > a[1].length ? b : a))
    if (largest === network || those.length <= (waiting.get(network)?.length ?? 0) + 1) throw full()
    those.pop()?.drop()
  }
  function next(): void {
    const [first] = waiting
    if (isWorking || first === undefined) return
    const [network, [one, ...others]] = first
    waiting.delete(network)
    if (others.length > 0) waiting.set(network, others)
    isWorking = true
    one?.begin()
  }
  function leave(source: string): void {
    const left = (ofSource.get(source) ?? 1) - 1
    if (left > 0) ofSource.set(source, left)
    else ofSource.delete(source)
  }
  return {
    async run(source, work) {
      if ((ofSource.get(source) ?? 0) >= mostOfSource) throw full()
      const network = networkOf(source)
      makeRoom(network)
      ofSource.set(source, (ofSource.get(source) ?? 0) + 1)
      try {
        await new Promise<void>((begin, reject) => {
          const entry = { source, begin, drop: () => reject(full()) }
          waiting.set(network, [...(waiting.get(network) ?? []), entry])
          next()
        })
        try {
          return await work()
        } finally {
          isWorking = false
          next()
        }
      } finally {
        leave(source)
      }
    },
  }
}

/** The network that one customer of a provider has: /24, or /48 of IPv6. `source`: an IPv4 address, or a /64 network (sourceOf). */
export function networkOf(source: string): string {
  return isIPv4(source) ? source.replace(/\.\d+$/, '') : source.split(':').slice(0, 3).join(':')
}
