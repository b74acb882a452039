import { isIP } from 'node:net'
import type { HostView } from '../../host/host.ts'
import type { ResolvConfOwner } from '../../host/network/resolv-conf-owner.ts'

/**
 * The name servers that the program would write to resolv.conf without the node DNS; they are no longer in the file.
 *
 * @param owner the program that writes resolv.conf
 * @param ownFile the drop-in with the node DNS, which does not count
 */
export async function formerServers(host: HostView, owner: ResolvConfOwner, ownFile: string): Promise<string[]> {
  if (owner === 'NetworkManager') return serversOfConnections(host)
  if (owner === 'systemd-resolved') return globalServers(host, ownFile)
  return []
}

async function serversOfConnections(host: HostView): Promise<string[]> {
  const { stdout } = await host.ask(['nmcli', '--get-values', 'IP4.DNS,IP6.DNS', '--escape', 'no', 'device', 'show'])
  return stdout.split(/[\s|]+/).filter((word) => isIP(word) !== 0)
}

/** resolved.conf(5): `DNS=` accumulates over all files; an empty value resets the list. */
async function globalServers(host: HostView, ownFile: string): Promise<string[]> {
  const { stdout } = await host.ask(['systemd-analyze', 'cat-config', 'systemd/resolved.conf'])
  let servers: string[] = []
  let isOwn = false
  for (const line of stdout.split('\n')) {
    const [, file] = /^# (\/\S+\.conf)$/.exec(line) ?? []
    if (file !== undefined) isOwn = file === ownFile
    const [, value] = /^DNS=(.*)$/.exec(line) ?? []
    if (value === undefined || isOwn) continue
    // 1.1.1.1:53%eth0#name
    const found = value.split(/\s+/).map((word) => word.replace(/[#%].*$/, ''))
    servers = value.trim() === '' ? [] : [...servers, ...found.filter((word) => isIP(word) !== 0)]
  }
  return servers
}
