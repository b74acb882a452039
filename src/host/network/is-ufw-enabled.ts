import type { HostView } from '../host.ts'

/** Reads the configuration, because the unit of ufw is active on every Ubuntu, enabled or not (ufw(8)). */
export async function isUfwEnabled(view: HostView): Promise<boolean> {
  return /^ENABLED=yes/m.test((await view.read('/etc/ufw/ufw.conf')) ?? '')
}
