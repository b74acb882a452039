import type { HostView } from '../host.ts'

/** Whether systemd starts the unit at the next boot. */
export async function isUnitEnabled(host: Pick<HostView, 'ask'>, unit: string): Promise<boolean> {
  return (await host.ask(['systemctl', 'is-enabled', unit])).stdout.trim() === 'enabled'
}
