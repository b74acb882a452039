import type { Argv } from '../../host/argv.ts'
import type { HostView } from '../../host/host.ts'
import { RESOLV_CONF, type ResolvConfOwner } from '../../host/network/resolv-conf-owner.ts'
import { withLastLine, withoutLine } from '../../host/parse/lines.ts'
import type { ResolvConf } from '../../host/parse/network/resolv-conf.ts'

/** How the owner of resolv.conf is configured to put a name server first. */
export interface OwnerConfiguration {
  /** Files that only Cantrip writes: content by path. */
  files?: Record<string, string>
  /** A line in a file of another program, and the whole text with that line. */
  lines?: readonly { path: string; line: string; text: string }[]
  /** Makes the owner rewrite resolv.conf. */
  apply?: Argv
  /** To run after each start of the name server. */
  afterStart?: Argv
}

export interface OwnerParams {
  address: string
  /** The name of the API. */
  apiName: string
  /** resolv.conf without the node DNS. */
  found: ResolvConf
}

type ConfigurationOf = (host: HostView, params: OwnerParams) => OwnerConfiguration | Promise<OwnerConfiguration>

/** Sorts last, so that it overrides the other files. */
export const RESOLVED_DROP_IN = '/etc/systemd/resolved.conf.d/zz-cantrip-node-dns.conf'
const HOOKS_OF_DHCLIENT = '/etc/dhcp/dhclient-enter-hooks.d'
const DEBIAN_RESOLVCONF = '/etc/resolvconf/resolv.conf.d'

export const ownerConfigurationOf = async (
  owner: ResolvConfOwner,
  host: HostView,
  params: OwnerParams,
): Promise<OwnerConfiguration> => BY_OWNER[owner](host, params)

const BY_OWNER: Record<ResolvConfOwner, ConfigurationOf> = {
  /**
   * resolved.conf(5). systemd-resolved uses one server of its global list until that fails, and the servers of the links in
   * parallel. So the node DNS is the only global server and forwards to the former ones. If no link has a server, the former
   * ones follow in the list, and a restart of systemd-resolved makes it use the node DNS again after each start of that.
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

  /** NetworkManager.conf(5). These settings replace those of the connections, including search domains and options. */
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

  /** netconfig(8) of SUSE: the configuration is a shell script, in which the last assignment counts. */
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

  /** Debian's resolvconf(8) puts the file `head` first; openresolv, with the same command, puts `name_servers` first. */
  resolvconf: async (host, { address }) => {
    const isDebians = (await host.list(DEBIAN_RESOLVCONF)) !== undefined
    const line = isDebians
      ? await lastLine(host, `${DEBIAN_RESOLVCONF}/head`, `nameserver ${address}`)
      : await lastLine(host, '/etc/resolvconf.conf', `name_servers="${address} $name_servers"`)
    return { lines: [line], apply: ['resolvconf', '-u'] }
  },

  /** dhclient-script(8) sources the hook with each lease. A running dhclient does not read its configuration again. */
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

  /** dhcpcd-run-hooks(8): the hook writes this file before the rest. */
  dhcpcd: async (host, { address }) => ({
    lines: [await lastLine(host, '/etc/resolv.conf.head', `nameserver ${address}`), await firstServer(host, address)],
  }),

  connman: byHand,
  'cloud-init': byHand,
  nobody: byHand,
}

async function byHand(host: HostView, { address }: OwnerParams): Promise<OwnerConfiguration> {
  return { lines: [await firstServer(host, address)] }
}

/** The line goes directly before the first name server of resolv.conf. */
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
