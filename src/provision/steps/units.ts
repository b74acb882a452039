import type { Host, HostView } from '../../host/host.ts'
import { bringUpUnit } from '../../host/units/bring-up-unit.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { unitProperties } from '../../host/units/unit-properties.ts'
import { UNITS } from '../paths.ts'

const PROPERTIES = ['ActiveState', 'FragmentPath', 'NeedDaemonReload', 'ExecMainStartTimestampMonotonic']

/**
 * Whether the unit is enabled, runs, and was started after each of the given files was last written; a process that
 * still has its former configuration is not what was asked for.
 */
export async function unitIsCurrent(host: HostView, unit: string, files: readonly string[]): Promise<boolean> {
  const state = await unitProperties(host, unit, PROPERTIES)
  const isUp = state.ActiveState === 'active' && !isOutdated(unit, state)
  // systemd's own UnitFileState is what it was when the unit was first looked at, until the next daemon-reload.
  return isUp && (await unitIsEnabled(host, unit)) && (await startedAfter(host, state, files))
}

/** Brings the unit up with its files as they are now; one that fails and is tried again by systemd gets a fresh try. */
export async function startUnit(
  host: Host,
  unit: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await enableUnit(host, unit)
  const before = await unitProperties(host, unit, PROPERTIES)
  if (isOutdated(unit, before)) await host.daemonReload()
  await bringUpUnit(host, unit, { signal })
  // A dry run starts nothing that could then be current.
  if (host.isDryRun && before.ActiveState !== 'active') return
  if (!(await unitIsCurrent(host, unit, files))) await bringUpUnit(host, unit, { restart: true, signal })
}

/** As `WantedBy=multi-user.target` says; `systemctl enable` would make systemd read all of its units again. */
export async function enableUnit(host: Host, unit: string): Promise<void> {
  if (await unitIsEnabled(host, unit)) return
  // From the link on a boot starts it, and whoever comes then finds it running: that it did not is on record before.
  if (!(await isUnitActive(host, unit))) await host.expect({ kind: 'unit', unit, before: { active: false } })
  await host.link(`${UNITS}/${unit}`, wantedBy(unit))
}

export async function unitIsEnabled(host: HostView, unit: string): Promise<boolean> {
  return (await host.readLink(wantedBy(unit))) === `${UNITS}/${unit}`
}

function wantedBy(unit: string): string {
  return `${UNITS}/multi-user.target.wants/${unit}`
}

/**
 * Whether systemd has something else in mind than the unit's file in /etc. It says NeedDaemonReload for a file that has
 * changed, and not for one of a package in /usr/lib that a file in /etc has come to replace. No file at all: not loaded.
 */
function isOutdated(unit: string, { NeedDaemonReload, FragmentPath = '' }: Record<string, string>): boolean {
  return NeedDaemonReload === 'yes' || !['', `${UNITS}/${unit}`].includes(FragmentPath)
}

async function startedAfter(host: HostView, state: Record<string, string>, files: readonly string[]): Promise<boolean> {
  // Seconds since boot: the one clock that systemd's monotonic microseconds can be compared with.
  const uptime = Number((await host.read('/proc/uptime'))?.split(' ')[0])
  const startedMs = host.now().getTime() - uptime * 1000 + Number(state.ExecMainStartTimestampMonotonic) / 1000
  const stats = await Promise.all(files.map((path) => host.stat(path)))
  return stats.every((stat) => stat !== undefined && stat.mtimeMs <= startedMs)
}
