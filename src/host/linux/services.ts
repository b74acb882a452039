import type { UnitState } from '../undo.ts'
import { parseUnitProperties } from '../units/unit-properties.ts'
import { execute } from './commands.ts'

/** Starting and stopping units of Type=notify may take long. */
const JOB_TIMEOUT_MS = 180_000
const SHOW_TIMEOUT_MS = 30_000

/** Enabled and active state of a unit; both are false if it does not exist. */
export async function unitState(unit: string): Promise<UnitState> {
  const { stdout } = await execute(['systemctl', 'show', '--property=UnitFileState,ActiveState', '--', unit], {
    timeoutMs: SHOW_TIMEOUT_MS,
  })
  return parseUnitState(stdout)
}

export function parseUnitState(text: string): UnitState {
  const { ActiveState = '', UnitFileState } = parseUnitProperties(text)
  const active = ['active', 'activating', 'reloading'].includes(ActiveState)
  switch (UnitFileState) {
    case 'enabled':
      return { enabled: true, active }
    case 'disabled':
    case '':
    case undefined:
      return { enabled: false, active }
    default:
      return { active }
  }
}

export async function setUnit(unit: string, { enabled, active }: UnitState): Promise<void> {
  const enable = enabled ? 'enable' : 'disable'
  if (enabled !== undefined && enabled === active) return systemctl(enable, '--now', '--', unit)
  if (enabled !== undefined) await systemctl(enable, '--', unit)
  if (active !== undefined) await systemctl(active ? 'start' : 'stop', '--', unit)
}

export function restartUnit(unit: string): Promise<void> {
  return systemctl('restart', '--', unit)
}

export function daemonReload(): Promise<void> {
  return systemctl('daemon-reload')
}

async function systemctl(...args: string[]): Promise<void> {
  await execute(['systemctl', ...args], { timeoutMs: JOB_TIMEOUT_MS })
}
