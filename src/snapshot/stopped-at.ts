import type { HostView } from '../host/host.ts'
import { unitProperties } from '../host/units/unit-properties.ts'

/** When a unit stopped; the time of the boot if it has not run since. */
export async function stoppedAtMs(view: HostView, unit: string): Promise<number | undefined> {
  const properties = await unitProperties(view, unit, ['InactiveEnterTimestampMonotonic'])
  const microseconds = Number(properties.InactiveEnterTimestampMonotonic ?? 0)
  // Seconds since boot, the same clock as systemd's monotonic microseconds.
  const uptime = Number((await view.read('/proc/uptime'))?.split(' ')[0])
  if (!(uptime > 0)) return undefined
  return view.now().getTime() - uptime * 1000 + microseconds / 1000
}
