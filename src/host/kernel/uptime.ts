import type { HostView } from '../host.ts'

/** Seconds since boot, the same clock as systemd's monotonic microseconds. NaN if they cannot be read. */
export async function uptimeSeconds(view: Pick<HostView, 'read'>): Promise<number> {
  return Number((await view.read('/proc/uptime'))?.split(' ')[0])
}
