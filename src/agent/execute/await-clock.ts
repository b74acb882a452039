import { AgentError } from '../../base/agent-error.ts'
import { lookForDaemons } from '../../checks/ntp/daemons.ts'
import type { HostView } from '../../host/host.ts'
import { uptimeSeconds } from '../../host/kernel/uptime.ts'
import type { Entry } from '../../ledger/entry.ts'

/** A network without a time server never synchronizes the clock. */
const LONGEST_S = 600
const LOOK_MS = 10_000

/**
 * Until it is synchronized, the clock of a machine can be years off after the boot. Waits for that until 10 minutes after the
 * boot. Rejects when aborted.
 */
export async function awaitClock(view: HostView, signal: AbortSignal, onWait: () => void): Promise<void> {
  for (let waits = 0; (await uptimeSeconds(view)) < LONGEST_S; waits++) {
    if ((await lookForDaemons(view)).synchronized !== undefined) return
    if (waits === 0) onWait()
    await view.sleep(LOOK_MS, signal)
  }
}

/** Throws if the clock has returned to a time before the newest entry of the ledger. */
export function requireAfter(entries: readonly Entry[], now: Date): void {
  const newest = new Date(Math.max(0, ...entries.map((entry) => ('at' in entry ? Date.parse(entry.at) : 0))))
  if (newest <= now) return
  const clock = `the clock of this machine is before ${newest.toISOString()}, when its ledger was last written`
  throw new AgentError('renewal/clock-behind', `certificates are not renewed: ${clock}`, {
    fix: 'set the clock of this machine; the agent tries again',
  })
}
