import type { HostView } from '../host.ts'
import { sysctlPath } from '../machine.ts'

/**
 * Parameters that the kernel sets by itself when another one is written, and with their values of now: forwarding for all
 * interfaces is set for each of them, and turning IPv4's off lets redirects be accepted again (ip-sysctl in the kernel's
 * documentation, inet_forward_change in net/ipv4/devinet.c). Who writes the parameter back has to write these after it.
 */
export async function mirroredSysctls(host: HostView, key: string): Promise<{ key: string; before: string }[]> {
  const family = /^net\.(ipv[46])\.(?:ip_forward|conf\.all\.forwarding)$/.exec(key)?.[1]
  if (family === undefined) return []
  const interfaces = (await host.list(sysctlPath(`net.${family}.conf`))) ?? []
  // `all` is another name of the one that is written, and so the first to be put back.
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
