import { AgentError } from '../../base/agent-error.ts'
import { CONTAINERD, UNITS } from '../../base/kubernetes-paths.ts'
import { type RetryPolicy, retry } from '../../base/retry.ts'
import type { HostView } from '../../host/host.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { unitProperties } from '../../host/units/unit-properties.ts'
import { waitUntil } from '../../host/units/wait-until.ts'
import { watchUnit } from '../../host/units/watch-unit.ts'

const AWAY_MS = 120_000
/** Without pauses: each retry waits for containerd. */
const POLICY: RetryPolicy = { firstMs: 0, tries: 4 }
/** systemd notices the exit of a process slightly later than its clients do. */
const NOTICED_MS = 300
const NEVER = new AbortController().signal

/**
 * Calls containerd. If the call failed because containerd stopped in the meantime, waits until it runs and retries. If
 * containerd ran all the time, the error of the call is thrown.
 */
export async function whileContainerdRuns<T>(
  host: HostView,
  call: () => Promise<T>,
  signal: AbortSignal = NEVER,
): Promise<T> {
  // Where an image of machines is made, it is no service.
  if ((await host.stat(`${UNITS}/${CONTAINERD.unit}`)) === undefined) return call()
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
