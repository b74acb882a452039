import type { Argv } from '../../../../host/argv.ts'
import type { InventoryHost } from '../../inventory/host.ts'

export interface Route {
  /** The file for `ssh -F`. */
  config: string
  /** For hosts of which the inventory names none. */
  user?: string | undefined
  /** `[USER@]HOST[:PORT]`, or several in order, separated by commas. */
  jump?: string | undefined
  /** What the file has of the flags, for a person who has no such file. */
  key?: string | undefined
  options?: readonly string[]
}

type Target = Pick<InventoryHost, 'address' | 'port' | 'user' | 'keyFile'>

/** ssh to a host, where a POSIX shell reads standard input. Nothing of it is secret. */
export function sshArgv({ config, user, jump }: Route, host: Target): Argv {
  return ['ssh', '-F', config, '-T', ...placeArgs({ user, jump }, host), 'sh']
}

/** How a person reaches the host by hand, as words of a command line. */
export function placeArgs({ user, jump, key, options = [] }: Omit<Route, 'config'>, host: Target): string[] {
  const login = host.user ?? user
  const hops = hopsTo(host.address, jump)
  return [
    ...options.flatMap((option) => ['-o', option]),
    ...(key === undefined ? [] : ['-i', key]),
    ...(hops === '' ? [] : ['-J', hops]),
    ...(host.port === null ? [] : ['-p', String(host.port)]),
    ...(login === undefined ? [] : ['-l', login]),
    ...(host.keyFile === null ? [] : ['-i', host.keyFile]),
    '--',
    host.address,
  ]
}

/** A jump host can be a host of the inventory itself, which is reached through those before it only. */
function hopsTo(address: string, jump = ''): string {
  const own = hopsOf(jump).findIndex((hop) => hop.address === address)
  const hops = jump.split(',')
  return (own < 0 ? hops : hops.slice(0, own)).join(',')
}

/** The machines of `[USER@]HOST[:PORT],…`. */
export function hopsOf(jump: string | undefined): Pick<Target, 'address' | 'port'>[] {
  if (jump === undefined) return []
  return jump.split(',').map((hop) => {
    const [, address = '', port] = /^(?:.*@)?(.*?)(?::(\d+))?$/.exec(hop) ?? []
    return { address: address.replace(/^\[(.*)\]$/, '$1'), port: port === undefined ? null : Number(port) }
  })
}
