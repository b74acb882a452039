import type { Argv } from '../../host/argv.ts'
import type { HostView } from '../../host/host.ts'
import { isLoopback } from '../../host/parse/address.ts'
import { parseResolvConf } from '../../host/parse/resolv-conf.ts'

export const RESOLV_CONF = '/etc/resolv.conf'
/** The servers behind the stub of systemd-resolved. */
const BEHIND_STUB = '/run/systemd/resolve/resolv.conf'
const DEBIAN_RESOLVCONF = '/etc/resolvconf/resolv.conf.d'

/** How a name server gets to the first place of resolv.conf, and stays there when its owner writes it again. */
export interface Resolver {
  /** Content by path; where it is the file of somebody else, with what was in it. */
  files: Record<string, string>
  /** Lets the owner write resolv.conf again. */
  apply?: Argv
  /** Of a node's other name servers, as they are now. */
  upstreams: readonly string[]
  /** The file whose first name server it has to be. */
  effective: string
}

export async function resolverOf(host: HostView, address: string, apiName: string): Promise<Resolver> {
  const text = (await host.read(RESOLV_CONF)) ?? ''
  const owner = await ownerOf(host, text)
  const effective = owner === 'systemd-resolved' ? BEHIND_STUB : RESOLV_CONF
  const { nameservers } = parseResolvConf((await host.read(effective)) ?? '')
  const upstreams = nameservers.filter((server) => server !== address && !isLoopback(server))
  const common = { upstreams, effective }
  switch (owner) {
    case 'systemd-resolved': {
      const lines = ['[Resolve]', `DNS=${address}`, `Domains=~${apiName}`]
      const files = { '/etc/systemd/resolved.conf.d/10-cantrip-node-dns.conf': `${lines.join('\n')}\n` }
      return { ...common, files, apply: ['systemctl', 'restart', 'systemd-resolved.service'] }
    }
    case 'NetworkManager': {
      const lines = ['[global-dns-domain-*]', `servers=${[address, ...upstreams].join(',')}`]
      const files = { '/etc/NetworkManager/conf.d/90-cantrip-node-dns.conf': `${lines.join('\n')}\n` }
      return { ...common, files, apply: ['systemctl', 'reload', 'NetworkManager.service'] }
    }
    case 'resolvconf': {
      const head = `${DEBIAN_RESOLVCONF}/head`
      const files = { [head]: withFirst((await host.read(head)) ?? '', address) }
      return { ...common, files, apply: ['resolvconf', '-u'] }
    }
    case 'openresolv': {
      const path = '/etc/resolvconf.conf'
      const before = ((await host.read(path)) ?? '').split('\n').filter((line) => line !== `name_servers=${address}`)
      const files = { [path]: `${before.join('\n').trimEnd()}\nname_servers=${address}\n`.trimStart() }
      return { ...common, files, apply: ['resolvconf', '-u'] }
    }
    case 'nobody':
      return { ...common, files: { [RESOLV_CONF]: withFirst(text, address) } }
  }
}

/** Whether programs on this node ask it first. */
export async function isFirst(host: HostView, { effective }: Resolver, address: string): Promise<boolean> {
  return parseResolvConf((await host.read(effective)) ?? '').nameservers[0] === address
}

type Owner = 'systemd-resolved' | 'NetworkManager' | 'resolvconf' | 'openresolv' | 'nobody'

/** By the link, and where it is a plain file by what its first lines say. */
async function ownerOf(host: HostView, text: string): Promise<Owner> {
  const link = (await host.readLink(RESOLV_CONF)) ?? ''
  const said = parseResolvConf(text).comments.join('\n')
  if (link.includes('systemd/resolve/') || /systemd-resolved/.test(said)) return 'systemd-resolved'
  if (link.includes('NetworkManager/') || /NetworkManager/.test(said)) return 'NetworkManager'
  if (link.includes('resolvconf/') || /resolvconf/.test(said)) {
    return (await host.list(DEBIAN_RESOLVCONF)) === undefined ? 'openresolv' : 'resolvconf'
  }
  return 'nobody'
}

/** Before the first name server, after whatever stands before it. */
function withFirst(text: string, address: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== `nameserver ${address}`)
  const at = lines.findIndex((line) => line.trimStart().startsWith('nameserver'))
  lines.splice(at < 0 ? lines.length - 1 : at, 0, `nameserver ${address}`)
  return lines.join('\n')
}
