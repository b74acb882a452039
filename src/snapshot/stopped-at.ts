import type { HostView } from '../host/host.ts'
import { uptimeSeconds } from '../host/kernel/uptime.ts'
import { unitProperties } from '../host/units/unit-properties.ts'

/** When a unit stopped; the time of the boot if it has not run since. */
export async function stoppedAtMs(view: HostView, unit: string): Promise<number | undefined> {
  const properties = await unitProperties(view, unit, ['InactiveEnterTimestampMonotonic'])
  const microseconds = Number(properties.InactiveEnterTimestampMonotonic ?? 0)
  const uptime = await uptimeSeconds(view)
  if (!(uptime > 0)) return undefined
  return view.now().getTime() - uptime * 1000 + microseconds / 1000
}
