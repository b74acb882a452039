import type { HostView } from '../host/host.ts'

/** When a unit stopped; the time of the boot if it has not run since. */
export async function stoppedAtMs(view: HostView, unit: string): Promise<number | undefined> {
  const { stdout } = await view.ask(['systemctl', 'show', '--property=InactiveEnterTimestampMonotonic', '--', unit])
  const microseconds = Number(stdout.trim().split('=')[1] ?? 0)
  // Seconds since boot, the same clock as systemd's monotonic microseconds.
  const uptime = Number((await view.read('/proc/uptime'))?.split(' ')[0])
  if (!(uptime > 0)) return undefined
  return view.now().getTime() - uptime * 1000 + microseconds / 1000
}
