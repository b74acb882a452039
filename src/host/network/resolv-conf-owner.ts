import type { HostView } from '../host.ts'
import { hostProcesses } from '../kernel/processes.ts'
import { parseResolvConf } from '../parse/network/resolv-conf.ts'
import { isUnitActive } from '../units/is-unit-active.ts'

export const RESOLV_CONF = '/etc/resolv.conf'
/** systemd-resolved's file with the upstream servers behind its stub, which the kubelet uses if it exists. */
export const BEHIND_STUB = '/run/systemd/resolve/resolv.conf'

export type ResolvConfOwner =
  | 'systemd-resolved'
  | 'NetworkManager'
  | 'netconfig'
  | 'resolvconf'
  | 'dhclient'
  | 'dhcpcd'
  | 'connman'
  | 'cloud-init'
  /** Written by a person. */
  | 'nobody'

/** Each program is recognized by the target of the link, or by a comment in the file. */
const SIGNS: readonly { owner: ResolvConfOwner; link?: RegExp; comment: RegExp }[] = [
  { owner: 'systemd-resolved', link: /systemd\/resolve\//, comment: /managed by man:systemd-resolved/ },
  { owner: 'NetworkManager', link: /NetworkManager\//, comment: /NetworkManager/ },
  { owner: 'netconfig', link: /netconfig\//, comment: /netconfig/ },
  { owner: 'resolvconf', link: /resolvconf\//, comment: /resolvconf/ },
  { owner: 'dhclient', comment: /dhclient/ },
  { owner: 'dhcpcd', comment: /dhcpcd/ },
  { owner: 'connman', link: /connman\//, comment: /Connection Manager/ },
  { owner: 'cloud-init', comment: /cloud-init/ },
]

/** The program that writes resolv.conf, and would overwrite changes by others. */
export async function ownerOfResolvConf(host: HostView): Promise<ResolvConfOwner> {
  const link = await host.readLink(RESOLV_CONF)
  if (link !== undefined) {
    const byLink = SIGNS.find((sign) => sign.link?.test(link))
    if (byLink) return byLink.owner
  }
  const { comments, nameservers } = parseResolvConf((await host.read(RESOLV_CONF)) ?? '')
  const byComment = SIGNS.find((sign) => comments.some((comment) => sign.comment.test(comment)))?.owner
  if (byComment === 'systemd-resolved') return nameservers.every(isStub) ? byComment : 'nobody'
  if (byComment === 'NetworkManager') return (await networkManagerWrites(host)) ? byComment : 'nobody'
  if (byComment) return byComment
  // Debian's dhclient-script writes no comment.
  const isWritten = link === undefined && (await hostProcesses(host, new Set(['dhclient']))).length > 0
  return isWritten ? 'dhclient' : 'nobody'
}

/** With other servers, the file is only a copy of systemd-resolved's. */
const isStub = (server: string) => server === '127.0.0.53' || server === '127.0.0.54'

/** NetworkManager.conf(5): with `dns=none` or `rc-manager=unmanaged` it does not write the file, which may keep its header. */
async function networkManagerWrites(host: HostView): Promise<boolean> {
  if (!(await isUnitActive(host, 'NetworkManager'))) return false
  const { stdout } = await host.ask(['NetworkManager', '--print-config'])
  return !/^(dns=none|rc-manager=unmanaged)$/m.test(stdout)
}
