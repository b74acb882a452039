import { isIP } from 'node:net'
import type { HostView } from '../../host/host.ts'
import type { ResolvConfOwner } from '../../host/network/resolv-conf-owner.ts'

/**
 * Name servers that no longer stand in resolv.conf since ours is the first: what the owner would put there without us.
 */
export async function formerServers(host: HostView, owner: ResolvConfOwner, ourFile: string): Promise<string[]> {
  if (owner === 'NetworkManager') return serversOfConnections(host)
  if (owner === 'systemd-resolved') return globalServers(host, ourFile)
  return []
}

async function serversOfConnections(host: HostView): Promise<string[]> {
  const { stdout } = await host.ask(['nmcli', '--get-values', 'IP4.DNS,IP6.DNS', '--escape', 'no', 'device', 'show'])
  return stdout.split(/[\s|]+/).filter((word) => isIP(word) !== 0)
}

/** resolved.conf(5): `DNS=` adds up over all files, and without a value forgets those before. */
async function globalServers(host: HostView, ourFile: string): Promise<string[]> {
  const { stdout } = await host.ask(['systemd-analyze', 'cat-config', 'systemd/resolved.conf'])
  let servers: string[] = []
  let isOurs = false
  for (const line of stdout.split('\n')) {
    const [, file] = /^# (\/\S+\.conf)$/.exec(line) ?? []
    if (file !== undefined) isOurs = file === ourFile
    const [, value] = /^DNS=(.*)$/.exec(line) ?? []
    if (value === undefined || isOurs) continue
    // 1.1.1.1:53%eth0#name
    const found = value.split(/\s+/).map((word) => word.replace(/[#%].*$/, ''))
    servers = value.trim() === '' ? [] : [...servers, ...found.filter((word) => isIP(word) !== 0)]
  }
  return servers
}
