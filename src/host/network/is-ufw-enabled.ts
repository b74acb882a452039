import type { HostView } from '../host.ts'

/** Its unit is active on every Ubuntu, its rules are there only where they were enabled (ufw(8)). */
export async function isUfwEnabled(view: HostView): Promise<boolean> {
  return /^ENABLED=yes/m.test((await view.read('/etc/ufw/ufw.conf')) ?? '')
}
