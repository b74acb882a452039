import { AgentError } from '../../base/agent-error.ts'
import type { Argv } from '../../host/argv.ts'
import type { HostView } from '../../host/host.ts'
import { localAddresses } from '../../host/network/addresses.ts'
import { covers, isKnownService, isOpen, parseServicePorts, parseZones, type Zone } from './zones.ts'

/** Ports that other machines connect to, by role. */
export const ON_EVERY_NODE = ['10250/tcp', '8472/udp', '53/tcp', '53/udp']
export const ON_A_MASTER = ['6443/tcp', '2379/tcp', '2380/tcp']
/** firewall-cmd queries one zone after the other: half a second on a fast machine, far more on a slow or busy one. */
const ASK_TIMEOUT_MS = 40_000

export interface Firewall {
  /** The zone of the interface with the node's address. */
  zoneName: string
  /** Addresses of the node. Other nodes are assumed to be in the same subnets. */
  addresses: string[]
  /** The runtime configuration, valid until the next reload, and the permanent one. */
  states: Record<'now' | 'permanent', Zone[]>
}

/** Requires an active firewalld. */
export async function readFirewall(host: HostView): Promise<Firewall> {
  const addresses = await localAddresses(host)
  const [zoneName, now, permanent] = await Promise.all([
    zoneOfNode(host, addresses.interface),
    answerOf(host, ['firewall-cmd', '--list-all-zones']),
    answerOf(host, ['firewall-cmd', '--permanent', '--list-all-zones']),
  ])
  const states = {
    now: await withServices(host, parseZones(now)),
    permanent: await withServices(host, parseZones(permanent)),
  }
  return { zoneName, addresses: addresses.node, states }
}

/** firewalld uses the zone of the source address if there is one, otherwise the zone of the interface. */
export function closedPorts(
  zones: readonly Zone[],
  { zoneName, addresses }: Pick<Firewall, 'zoneName' | 'addresses'>,
  ports: readonly string[],
): string[] {
  const entered = zones.filter(
    // The contents of an ipset are not read: a zone with an ipset as source is assumed to contain the other nodes.
    ({ name, sources }) =>
      name === zoneName || sources.some((source) => source.startsWith('ipset:') || covers(source, addresses)),
  )
  return ports.filter((port) => !entered.some((zone) => isOpen(zone, port, addresses)))
}

/** Directories with service definitions; the first one found counts. */
const DEFINITIONS = ['/etc/firewalld/services', '/usr/lib/firewalld/services']

/** Adds the ports of services that are not built into `zones.ts` to those of their zone. */
async function withServices(host: HostView, zones: readonly Zone[]): Promise<Zone[]> {
  return await Promise.all(
    zones.map(async (zone) => {
      const unknown = zone.services.filter((name) => !isKnownService(name))
      const ports = await Promise.all(unknown.map((name) => portsOf(host, name)))
      return { ...zone, ports: [...zone.ports, ...ports.flat()] }
    }),
  )
}

async function portsOf(host: HostView, service: string): Promise<string[]> {
  const texts = await Promise.all(DEFINITIONS.map((directory) => host.read(`${directory}/${service}.xml`)))
  return parseServicePorts(texts.find((text) => text !== undefined) ?? '')
}

async function zoneOfNode(host: HostView, name: string | undefined): Promise<string> {
  if (name !== undefined) {
    // Exit code 2 means `no zone`: the interface is in the default zone.
    const { exitCode, stdout } = await host.ask(['firewall-cmd', `--get-zone-of-interface=${name}`])
    if (exitCode === 0 && stdout.trim() !== '') return stdout.trim()
  }
  return (await answerOf(host, ['firewall-cmd', '--get-default-zone'])).trim()
}

async function answerOf(host: HostView, argv: Argv): Promise<string> {
  const { exitCode, stdout, stderr } = await host.ask(argv, { timeoutMs: ASK_TIMEOUT_MS })
  if (exitCode !== 0)
    throw new AgentError('firewalld/no-answer', `${argv.join(' ')} ended with ${exitCode}: ${stderr.trim()}`, {
      fix: 'check: systemctl status firewalld',
    })
  return stdout
}

export function allowsPods(zones: readonly Zone[], nodeZone: string): boolean {
  const trusting = zones.filter((zone) => zone.target === 'ACCEPT')
  return trusting.some((zone) => zone.name === nodeZone || zone.interfaces.length + zone.sources.length > 0)
}
