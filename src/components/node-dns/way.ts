import type { Argv } from '../../host/argv.ts'
import type { HostView } from '../../host/host.ts'
import { RESOLV_CONF, type ResolvConfOwner } from '../../host/network/resolv-conf-owner.ts'
import { withLastLine, withoutLine } from '../../host/parse/lines.ts'
import type { ResolvConf } from '../../host/parse/network/resolv-conf.ts'

/** What has to be done, so that the owner of resolv.conf puts a name server first. */
export interface Way {
  /** Files of our own: content by path. */
  files?: Record<string, string>
  /** A line in a file of somebody else, and the whole of it with that line. */
  lines?: readonly { path: string; line: string; text: string }[]
  /** Lets the owner write resolv.conf again. */
  apply?: Argv
  /** Each time that the name server has been started. */
  afterStart?: Argv
}

export interface Asked {
  address: string
  /** The API's. */
  apiName: string
  /** What resolv.conf says without us. */
  found: ResolvConf
}

type WayOf = (host: HostView, asked: Asked) => Way | Promise<Way>

/** The last one by its name: what others say is reset. */
export const RESOLVED_DROP_IN = '/etc/systemd/resolved.conf.d/zz-cantrip-node-dns.conf'
const HOOKS_OF_DHCLIENT = '/etc/dhcp/dhclient-enter-hooks.d'
const DEBIAN_RESOLVCONF = '/etc/resolvconf/resolv.conf.d'

export const wayOf = async (owner: ResolvConfOwner, host: HostView, asked: Asked): Promise<Way> =>
  WAYS[owner](host, asked)

const WAYS: Record<ResolvConfOwner, WayOf> = {
  /**
   * resolved.conf(5). It keeps to one server of its global list until that fails, and asks those of the links beside it. So
   * ours is alone there, and forwards to the former ones; where no link has a server they stay behind ours, and it begins
   * again with ours whenever that is up again.
   */
  'systemd-resolved': async (host, { address, apiName, found }) => {
    const others = (await linksHaveServers(host)) ? [] : found.nameservers
    return {
      files: {
        [RESOLVED_DROP_IN]: linesOf([
          '[Resolve]',
          'DNS=',
          `DNS=${[address, ...others].join(' ')}`,
          `Domains=~${apiName}`,
        ]),
      },
      apply: ['systemctl', 'restart', 'systemd-resolved.service'],
      ...(others.length > 0 && {
        afterStart: ['/usr/bin/systemctl', '--no-block', 'try-restart', 'systemd-resolved.service'],
      }),
    }
  },

  /** NetworkManager.conf(5). What is said here replaces what the connections say, search domains and options as well. */
  NetworkManager: (_, { address, found }) => ({
    files: {
      '/etc/NetworkManager/conf.d/90-cantrip-node-dns.conf': linesOf([
        '[global-dns]',
        ...(found.search.length > 0 ? [`searches=${found.search.join(',')}`] : []),
        ...(found.options.length > 0 ? [`options=${found.options.join(',')}`] : []),
        '[global-dns-domain-*]',
        `servers=${[address, ...found.nameservers].join(',')}`,
      ]),
    },
    apply: ['systemctl', 'reload', 'NetworkManager.service'],
  }),

  /** netconfig(8) of SUSE: its configuration is a shell's, the last assignment holds. */
  netconfig: async (host, { address }) => ({
    lines: [
      await lastLine(
        host,
        '/etc/sysconfig/network/config',
        `NETCONFIG_DNS_STATIC_SERVERS="${address} $NETCONFIG_DNS_STATIC_SERVERS"`,
      ),
    ],
    apply: ['netconfig', 'update', '-f'],
  }),

  /** Debian's resolvconf(8) puts `head` first; openresolv, which has the same command, names servers of its own first. */
  resolvconf: async (host, { address }) => {
    const isDebians = (await host.list(DEBIAN_RESOLVCONF)) !== undefined
    const line = isDebians
      ? await lastLine(host, `${DEBIAN_RESOLVCONF}/head`, `nameserver ${address}`)
      : await lastLine(host, '/etc/resolvconf.conf', `name_servers="${address} $name_servers"`)
    return { lines: [line], apply: ['resolvconf', '-u'] }
  },

  /** dhclient-script(8) sources the hook with each lease; one that runs already has read its configuration. */
  dhclient: async (host, { address }) => {
    const hook = ['new_domain_name_servers', 'new_dhcp6_name_servers'].map(
      (servers) => `[ -z "$${servers}" ] || ${servers}="${address} $${servers}"`,
    )
    const hasHooks = (await host.list(HOOKS_OF_DHCLIENT)) !== undefined
    return {
      ...(hasHooks && { files: { [`${HOOKS_OF_DHCLIENT}/cantrip-node-dns`]: linesOf([...hook, 'true']) } }),
      lines: [await firstServer(host, address)],
    }
  },

  /** dhcpcd-run-hooks(8): its hook writes this file ahead of the rest. */
  dhcpcd: async (host, { address }) => ({
    lines: [await lastLine(host, '/etc/resolv.conf.head', `nameserver ${address}`), await firstServer(host, address)],
  }),

  connman: byHand,
  'cloud-init': byHand,
  nobody: byHand,
}

async function byHand(host: HostView, { address }: Asked): Promise<Way> {
  return { lines: [await firstServer(host, address)] }
}

/** Before the first name server of resolv.conf, after whatever stands before it. */
async function firstServer(host: HostView, address: string) {
  const line = `nameserver ${address}`
  const lines = withoutLine((await host.read(RESOLV_CONF)) ?? '', line).split('\n')
  const at = lines.findIndex((each) => each.trimStart().startsWith('nameserver'))
  lines.splice(at < 0 ? lines.length - 1 : at, 0, line)
  return { path: RESOLV_CONF, line, text: lines.join('\n') }
}

async function lastLine(host: HostView, path: string, line: string) {
  return { path, line, text: withLastLine((await host.read(path)) ?? '', line) }
}

/** `Link 2 (eth0): 10.0.0.1` */
async function linksHaveServers(host: HostView): Promise<boolean> {
  const { stdout } = await host.ask(['resolvectl', '--no-pager', 'dns'])
  return /^Link \d+ .*: *\S/m.test(stdout)
}

const linesOf = (lines: readonly string[]) => `${lines.join('\n')}\n`
