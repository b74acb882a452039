import { AgentError } from '../../base/agent-error.ts'
import type { HostView } from '../../host/host.ts'
import { awaitThat } from '../../host/units/await-that.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { unitProperties } from '../../host/units/unit-properties.ts'
import { watchUnit } from '../../host/units/watch-unit.ts'
import { CONTAINERD } from '../paths.ts'

const AWAY_MS = 120_000
const TRIES = 4
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
  for (let attempt = 1; ; attempt++) {
    const before = await startOf(host)
    try {
      return await call()
    } catch (error) {
      signal.throwIfAborted()
      await host.sleep(NOTICED_MS, signal)
      const isSame = (await isUnitActive(host, CONTAINERD.unit)) && (await startOf(host)) === before
      if (!(error instanceof AgentError) || isSame || attempt === TRIES) throw error
      const failure = async () => error
      const watches = [watchUnit(CONTAINERD.unit)]
      await awaitThat(host, () => isUnitActive(host, CONTAINERD.unit), { signal, timeoutMs: AWAY_MS, failure, watches })
    }
  }
}

async function startOf(host: HostView): Promise<string | undefined> {
  return (await unitProperties(host, CONTAINERD.unit, ['ExecMainStartTimestampMonotonic']))
    .ExecMainStartTimestampMonotonic
}
