import { UNITS } from '../../base/kubernetes-paths.ts'
import type { Host, HostView } from '../../host/host.ts'
import { ifReadable } from '../../host/kernel/processes.ts'
import { uptimeSeconds } from '../../host/kernel/uptime.ts'
import { bringUpUnit } from '../../host/units/bring-up-unit.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { unitProperties } from '../../host/units/unit-properties.ts'

const PROPERTIES = ['ActiveState', 'FragmentPath', 'NeedDaemonReload', 'MainPID', 'ExecMainStartTimestampMonotonic']

/**
 * Whether the unit is enabled, is active, and was started after the last change of each of the files, and whether its process
 * runs the executable that is installed: otherwise it still is of a former version, or uses its former configuration.
 */
export async function unitIsCurrent(host: HostView, unit: string, files: readonly string[]): Promise<boolean> {
  const state = await unitProperties(host, unit, PROPERTIES)
  const isUp = state.ActiveState === 'active' && !isOutdated(unit, state)
  // The link is read, because systemd caches UnitFileState until the next daemon-reload.
  return (
    isUp &&
    (await unitIsEnabled(host, unit)) &&
    (await startedAfter(host, state, files)) &&
    !(await isReplaced(host, state))
  )
}

/**
 * Starts the unit with its current files. A unit that fails and that systemd keeps restarting is started again.
 *
 * @param options.beforeRestart is called only if the unit runs and has to be restarted
 */
export async function startUnit(
  host: Host,
  unit: string,
  files: readonly string[],
  { signal, beforeRestart }: { signal: AbortSignal; beforeRestart?: () => Promise<void> },
): Promise<void> {
  await enableUnit(host, unit)
  const before = await unitProperties(host, unit, PROPERTIES)
  if (isOutdated(unit, before)) await host.daemonReload()
  await bringUpUnit(host, unit, { signal })
  // In a dry run the unit was not started.
  if (host.isDryRun && before.ActiveState !== 'active') return
  if (await unitIsCurrent(host, unit, files)) return
  await beforeRestart?.()
  await bringUpUnit(host, unit, { restart: true, signal })
}

/** Creates the link of `WantedBy=multi-user.target`. `systemctl enable` would also reload all units. */
export async function enableUnit(host: Host, unit: string): Promise<void> {
  if (await unitIsEnabled(host, unit)) return
  // With the link, a boot starts the unit. So the undo is recorded before, while the unit is still inactive.
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
 * Whether systemd has loaded another version of the unit than the file in /etc. NeedDaemonReload covers a changed file, but
 * not a file in /etc that newly replaces one of a package in /usr/lib. Without a path the unit is not loaded.
 */
function isOutdated(unit: string, { NeedDaemonReload, FragmentPath = '' }: Record<string, string>): boolean {
  return NeedDaemonReload === 'yes' || !['', `${UNITS}/${unit}`].includes(FragmentPath)
}

async function startedAfter(host: HostView, state: Record<string, string>, files: readonly string[]): Promise<boolean> {
  const uptime = await uptimeSeconds(host)
  const startedMs = host.now().getTime() - uptime * 1000 + Number(state.ExecMainStartTimestampMonotonic) / 1000
  const stats = await Promise.all(files.map((path) => host.stat(path)))
  return stats.every((stat) => stat !== undefined && stat.mtimeMs <= startedMs)
}

/** Whether the executable of the process was replaced after its start. An executable that was downloaded earlier has an earlier time. */
async function isReplaced(host: HostView, { MainPID = '0' }: Record<string, string>): Promise<boolean> {
  if (MainPID === '0') return false
  // proc_pid_exe(5): the path of a file that was unlinked ends so.
  return (await ifReadable(() => host.readLink(`/proc/${MainPID}/exe`)))?.endsWith(' (deleted)') === true
}

/** Settings of a service that needs the network, and neither devices nor the kernel. */
export const CONFINED_SERVICE = `ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
LockPersonality=yes`
