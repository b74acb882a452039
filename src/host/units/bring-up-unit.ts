import { AgentError } from '../../base/agent-error.ts'
import type { Host } from '../host.ts'
import { isUnitActive } from './is-unit-active.ts'
import { unitProperties } from './unit-properties.ts'
import { throwFailure, waitUntil } from './wait-until.ts'
import { watchUnit } from './watch-unit.ts'

const RESTART_TIMEOUT_MS = 120_000
const NEVER = new AbortController().signal

/**
 * Starts or restarts a unit. If the first try fails, it waits while systemd restarts the unit, because a port may not be free
 * yet. The error has the last lines of the unit's journal.
 */
export async function bringUpUnit(
  host: Host,
  unit: string,
  { restart = false, signal = NEVER }: { restart?: boolean; signal?: AbortSignal } = {},
): Promise<void> {
  const watches = [watchUnit(unit)]
  try {
    await (restart ? host.restartUnit(unit) : host.setUnit(unit, { active: true }))
  } catch (error) {
    if (!(error instanceof AgentError) || !ENDED.includes(error.code)) throw error
    signal.throwIfAborted()
    await throwFailure(host, watches)
    // Not started at all, for example because of a failed Assert: systemctl has printed the reason.
    if (!(await isRestarted(host, unit))) throw error
    const failure = async () => error
    await waitUntil(host, () => isUnitActive(host, unit), { signal, timeoutMs: RESTART_TIMEOUT_MS, failure, watches })
  }
}

const ENDED = ['command/failed', 'command/timeout', 'command/killed']

async function isRestarted(host: Host, unit: string): Promise<boolean> {
  return (await unitProperties(host, unit, ['ActiveState'])).ActiveState !== 'inactive'
}
