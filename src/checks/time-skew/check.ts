import { AgentError } from '../../base/agent-error.ts'
import { remarked } from '../../base/command.ts'
import { errorMessage } from '../../base/text/error-message.ts'
import { seconds } from '../../base/text/seconds.ts'
import type { Check, CheckParams, Verdict } from '../../engine/checks/check.ts'
import type { HostView } from '../../host/host.ts'
import { agentRoutes } from '../../protocol/api/agents.ts'

const WARN_MS = 300
const FAIL_MS = 5_000
const SAMPLES = 3
const TIMEOUT_MS = 5_000

/** How far the controller's clock can be ahead, ms: it was read between sending the request and receiving the answer. */
interface Bounds {
  low: number
  high: number
}

export const check: Check = {
  id: 'time-skew',
  title: 'Clock difference to the controller',
  hard: true,
  why: 'Certificates and leases need clocks that agree. The check subtracts the latency of the connection.',
  remedy: 'Synchronize the clock of this machine, or of the controller.',
  thresholds: [
    { of: 'difference of the clocks', warn: `more than ${amount(WARN_MS)}`, fail: `more than ${amount(FAIL_MS)}` },
  ],
  timeoutMs: 18_000,
  async look(host: HostView, { controller }: CheckParams): Promise<Verdict> {
    if (controller === undefined)
      return { kind: 'skipped', found: 'no credentials: pass --creds-file and --passphrase-file' }
    const { low, high } = await skewBounds(host, controller)
    const least = low > 0 ? low : high < 0 ? -high : 0
    const middle = (low + high) / 2
    const direction = middle > 0 ? 'behind' : 'ahead of'
    const margin = `± ${amount((high - low) / 2)}`
    const found = `${amount(Math.abs(middle))} (${margin}) ${direction} the controller`
    if (least <= WARN_MS) return { kind: 'pass', found }
    const wanted = `at most ${amount(WARN_MS)}; ${amount(FAIL_MS)} and more is refused`
    const fix = remarked('timedatectl set-ntp true', 'or on the controller, if its clock is wrong')
    return { kind: least > FAIL_MS ? 'fail' : 'warn', found, wanted, fix }
  },
}

/** Each sample narrows the bounds. If samples contradict each other, a clock was set in between, and the last sample counts. */
async function skewBounds(host: HostView, controller: NonNullable<CheckParams['controller']>): Promise<Bounds> {
  const samples = await Promise.all(Array.from({ length: SAMPLES }, () => firstAnswer(host, controller)))
  return samples.reduce((bounds, sample) => {
    const low = Math.max(bounds.low, sample.low)
    const high = Math.min(bounds.high, sample.high)
    return low <= high ? { low, high } : sample
  })
}

async function firstAnswer(host: HostView, controller: NonNullable<CheckParams['controller']>): Promise<Bounds> {
  const { urls, ca, cert, key, proxy } = controller
  const options = { tls: { ca, cert, key }, timeoutMs: TIMEOUT_MS, ...(proxy === undefined ? {} : { proxy }) }
  return await Promise.any(
    urls.map(async (url) => {
      const { body, sentAtMs, receivedAtMs } = await host.network.request(
        new URL(agentRoutes.ping.path, url).href,
        options,
      )
      const thereMs = Date.parse(/"now"\s*:\s*"([^"]+)"/.exec(body)?.[1] ?? '')
      if (Number.isNaN(thereMs)) throw new Error(`${url} returned no time`)
      return { low: thereMs - receivedAtMs, high: thereMs - sentAtMs }
    }),
  ).catch((cause: unknown) => {
    const [first] = cause instanceof AggregateError ? cause.errors : [cause]
    const why = errorMessage(first)
    throw new AgentError('time-skew/no-time', `the controller returned no time: ${why}`, {
      fix: 'fix what the check "controller" found',
      cause,
    })
  })
}

function amount(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : seconds(ms)
}
