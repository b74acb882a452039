import type { HostView } from '../host.ts'
import { sysctlPath } from '../machine.ts'

/**
 * Parameters that the kernel also sets when `key` is written, with their current values: forwarding for all interfaces is
 * copied to each of them, and disabling IPv4 forwarding resets accept_redirects (ip-sysctl in the kernel's documentation,
 * inet_forward_change in net/ipv4/devinet.c). Restore these after `key`.
 */
export async function mirroredSysctls(host: HostView, key: string): Promise<{ key: string; before: string }[]> {
  const family = /^net\.(ipv[46])\.(?:ip_forward|conf\.all\.forwarding)$/.exec(key)?.[1]
  if (family === undefined) return []
  const interfaces = (await host.list(sysctlPath(`net.${family}.conf`))) ?? []
  // `all` is an alias of the parameter that is written, so it is restored first.
  const forwarding = [...interfaces.filter((name) => name !== 'all'), 'all']
    .map((name) => `net.${family}.conf.${name.replaceAll('.', '/')}.forwarding`)
    .filter((one) => one !== key)
  const keys = [...(family === 'ipv4' ? ['net.ipv4.conf.all.accept_redirects'] : []), ...forwarding]
  const values = await Promise.all(keys.map((one) => host.read(sysctlPath(one))))
  return keys.flatMap((one, index) => {
    const before = values[index]?.trim()
    return before === undefined ? [] : [{ key: one, before }]
  })
}
