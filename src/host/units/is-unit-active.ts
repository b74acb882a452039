import { AgentError } from '../../base/agent-error.ts'
import type { HostView } from '../host.ts'

const ACTIVE = 0
/** Exit codes for inactive and for unknown units. */
const NOT_ACTIVE: readonly number[] = [3, 4]

/** Whether a systemd unit runs now; false if systemd is not running. */
export async function isUnitActive(view: HostView, unit: string): Promise<boolean> {
  if ((await view.stat('/run/systemd/system')) === undefined) return false
  const { exitCode, stderr } = await view.ask(['systemctl', 'is-active', unit])
  if (exitCode === ACTIVE) return true
  if (NOT_ACTIVE.includes(exitCode)) return false
  throw new AgentError('systemctl/no-answer', `systemctl is-active ${unit} ended with ${exitCode}: ${stderr.trim()}`, {
    fix: 'check: systemctl status',
  })
}
