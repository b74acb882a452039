import { AgentError } from '../../../../base/agent-error.ts'
import { hasControls } from '../../../../base/text/printable.ts'
import { parseDocuments } from '../../declare/documents.ts'
import { type Problem, refuseAll } from '../../declare/problem.ts'
import { readText } from '../../declare/read-text.ts'

/** One interface, which is told by its MAC address: names differ between kernels and hypervisors. */
export interface Interface {
  mac: string
  /** ADDRESS/PREFIX; undefined: DHCP. */
  address: string | undefined
  gateway: string | undefined
  nameServers: readonly string[]
}

/** A network configuration of cloud-init, version 1 or 2. */
export interface NetworkConfig {
  version: 1 | 2
  [field: string]: unknown
}

/** The network configuration of cloud-init for one interface. */
export function networkConfig(version: 1 | 2, { mac, address, gateway, nameServers }: Interface): NetworkConfig {
  const servers = nameServers.length > 0
  if (version === 1) {
    const dns = servers && { dns_nameservers: nameServers }
    const subnet =
      address === undefined
        ? { type: 'dhcp4', ...dns }
        : { type: 'static', address, ...(gateway && { gateway }), ...dns }
    return { version, config: [{ type: 'physical', name: 'eth0', mac_address: mac, subnets: [subnet] }] }
  }
  return {
    version,
    ethernets: {
      // Without `set-name`, the renderers of cloud-init take the key for the name.
      eth0: {
        ...{ match: { macaddress: mac }, 'set-name': 'eth0', dhcp4: address === undefined },
        ...(address && { addresses: [address] }),
        ...(gateway && { routes: [{ to: gateway.includes(':') ? '::/0' : '0.0.0.0/0', via: gateway }] }),
        ...(servers && { nameservers: { addresses: nameServers } }),
      },
    },
  }
}

/** For systemd-networkd, as Flatcar has it. */
export function networkdText({ mac, address, gateway, nameServers }: Interface): string {
  const lines = [
    ...(address === undefined ? ['DHCP=yes'] : [`Address=${address}`]),
    ...(gateway === undefined ? [] : [`Gateway=${gateway}`]),
    ...nameServers.map((server) => `DNS=${server}`),
  ]
  return `[Match]\nMACAddress=${mac}\n\n[Network]\n${lines.join('\n')}\n`
}

const FORM = {
  code: 'network/invalid',
  help: 'see: controller cluster user-data --help',
  parser: { merge: true },
}

/** The network configuration in a file, or on standard input for `-`; `network:` around it is removed. Throws `network/…`. */
export async function readNetwork(path: string): Promise<NetworkConfig> {
  const file = path === '-' ? 'stdin' : path
  const [source, ...others] = parseDocuments(file, await readText(path, 'network'), FORM)
  const around = source?.value as { network?: unknown } | null | undefined
  const value = (around?.network ?? around) as Partial<NetworkConfig>
  const problem = problemWith(value) ?? (others.length > 0 ? 'it has several documents' : undefined)
  const place = source?.placeOf([]) ?? { file, line: 1, column: 1 }
  refuseAll(
    problem === undefined ? [] : [{ place, field: '', found: problem, fix: WANTED, code: FORM.code } satisfies Problem],
  )
  return value as NetworkConfig
}

const WANTED =
  'pass a network configuration of cloud-init: version 1 with a list `config`, or version 2 with `ethernets`'

function problemWith(value: Partial<NetworkConfig>): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is not a map'
  if (value.version !== 1 && value.version !== 2) return 'its version is neither 1 nor 2'
  if (value.version === 1 && !Array.isArray(value.config)) return 'it has no list `config`'
  if (value.version === 2 && Object.keys(value).length < 2) return 'it has no interfaces'
  return textsIn(value).some(hasControls) ? 'it has control characters' : undefined
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, each]) => [key, ...textsIn(each)])
}

/** What a person should know about a configuration; undefined: nothing. */
export function networkWarning(config: NetworkConfig): string | undefined {
  const all = config.version === 2 && typeof config.ethernets === 'object' ? Object.values(config.ethernets ?? {}) : []
  const isByName = all.some((each: { match?: { name?: unknown; macaddress?: unknown } } | null) => {
    const { name, macaddress } = each?.match ?? {}
    return name !== undefined && macaddress === undefined
  })
  return isByName
    ? 'The network configuration matches an interface by name: cloud-init 22 with systemd-networkd (Debian 12) leaves it without network. Match by macaddress.'
    : undefined
}

/** Throws unless the options describe one interface. */
export function interfaceOf(flags: {
  mac?: string
  address?: string
  gateway?: string
  nameServer?: readonly string[]
}): Interface | undefined {
  const { mac, address, gateway, nameServer: nameServers = [] } = flags
  if (mac !== undefined) return { mac, address, gateway, nameServers }
  if (address === undefined && gateway === undefined && nameServers.length === 0) return undefined
  throw new AgentError(
    'usage/network',
    '--address, --gateway and --name-server describe an interface, and --mac is missing',
    {
      fix: 'add --mac with the MAC address of the interface, or pass a file with --network',
      kind: 'invalid',
    },
  )
}
