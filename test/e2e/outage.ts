import { setTimeout as sleep } from 'node:timers/promises'
import { exec, type Node } from '../support/testbed/machine.ts'

export interface Outage {
  /** Seconds until a client that starts at any moment of the outage has an answer, retries included. */
  p99Seconds: number
  worstSeconds: number
  looks: number
}

const LOOK_EVERY_MS = 250

/**
 * Requests /readyz at the API endpoint every 250 ms, each time on a new connection, during `work` and `afterMs` after it.
 * A client retries after a failed request, so its time runs until the first later request that succeeds.
 */
export async function outageDuring(
  node: Node,
  endpoint: string,
  afterMs: number,
  work: () => Promise<void>,
): Promise<Outage> {
  const curl = ['curl', '--silent', '--output', '/dev/null', '--fail', '--max-time', '2']
  const ask = [...curl, '--cacert', '/etc/kubernetes/pki/ca.crt', `https://${endpoint}/readyz`]
  const looks: { beganMs: number; answeredMs: number | undefined }[] = []
  const under = new Set<Promise<void>>()
  let isOver = false
  const asking = (async () => {
    while (!isOver) {
      const look = { beganMs: performance.now(), answeredMs: undefined as number | undefined }
      looks.push(look)
      const one = exec(node, ask).then(({ code }) => {
        if (code === 0) look.answeredMs = performance.now()
        under.delete(one)
      })
      under.add(one)
      await sleep(LOOK_EVERY_MS)
    }
    await Promise.all(under)
  })()
  try {
    await work()
    await sleep(afterMs)
  } finally {
    isOver = true
    await asking
  }
  const waits = looks.map(({ beganMs }) => {
    const answers = looks.filter((other) => other.beganMs >= beganMs).flatMap(({ answeredMs }) => answeredMs ?? [])
    return (Math.min(...answers) - beganMs) / 1000
  })
  const sorted = waits.filter(Number.isFinite).sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
  return { p99Seconds: at(0.99), worstSeconds: sorted.at(-1) ?? Number.NaN, looks: looks.length }
}
