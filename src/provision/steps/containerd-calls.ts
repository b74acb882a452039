import { AgentError } from '../../base/agent-error.ts'
import { type RetryPolicy, retry } from '../../base/retry.ts'
import type { HostView } from '../../host/host.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { unitProperties } from '../../host/units/unit-properties.ts'
import { waitUntil } from '../../host/units/wait-until.ts'
import { watchUnit } from '../../host/units/watch-unit.ts'
import { CONTAINERD } from '../paths.ts'

const AWAY_MS = 120_000
/** Without a pause: what comes between two tries is the wait for containerd. */
const POLICY: RetryPolicy = { firstMs: 0, tries: 4 }
/** systemd hears of the end of a process a moment after whoever is connected to it. */
const NOTICED_MS = 300
const NEVER = new AbortController().signal

/**
 * Calls containerd, and again where it failed because containerd went away meanwhile: once it is back. A failure of a
 * containerd that ran all the time is the call's own.
 */
export async function whileContainerdRuns<T>(
  host: HostView,
  call: () => Promise<T>,
  signal: AbortSignal = NEVER,
): Promise<T> {
  let before: string | undefined
  const attempt = async () => {
    before = await startOf(host)
    return await call()
  }
  const mayPass = async (error: unknown) => {
    if (!(error instanceof AgentError)) return false
    await host.sleep(NOTICED_MS, signal)
    const isActive = () => isUnitActive(host, CONTAINERD.unit)
    if ((await isActive()) && (await startOf(host)) === before) return false
    const watches = [watchUnit(CONTAINERD.unit)]
    await waitUntil(host, isActive, { signal, timeoutMs: AWAY_MS, failure: async () => error, watches })
    return true
  }
  return retry(POLICY, attempt, { clock: host, signal, mayPass })
}

async function startOf(host: HostView): Promise<string | undefined> {
  return (await unitProperties(host, CONTAINERD.unit, ['ExecMainStartTimestampMonotonic']))
    .ExecMainStartTimestampMonotonic
}
