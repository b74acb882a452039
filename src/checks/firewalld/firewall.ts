import { AgentError } from '../../errors/agent-error.ts'
import { localAddresses } from '../../host/addresses.ts'
import type { Argv } from '../../host/argv.ts'
import type { HostView } from '../../host/host.ts'
import { isOpen, parseZones, type Zone } from './zones.ts'

/** What comes from other machines, by role. */
export const ON_EVERY_NODE = ['10250/tcp', '8472/udp', '53/tcp', '53/udp']
export const ON_A_MASTER = ['6443/tcp', '2379/tcp', '2380/tcp']
export const POD_INTERFACES = ['cni0', 'flannel.1']
/** firewall-cmd asks for a zone after the other: half a second on a fast machine. */
const ASK_TIMEOUT_MS = 18_000

export interface Firewall {
  /** The zone of the interface with the node's address. */
  zoneName: string
  /** What holds until the next reload, and what holds from then on. */
  states: Record<'now' | 'permanent', Zone[]>
}

/** Of a firewalld that is active. */
export async function readFirewall(host: HostView): Promise<Firewall> {
  const [zoneName, now, permanent] = await Promise.all([
    zoneOfNode(host),
    answerOf(host, ['firewall-cmd', '--list-all-zones']),
    answerOf(host, ['firewall-cmd', '--permanent', '--list-all-zones']),
  ])
  return { zoneName, states: { now: parseZones(now), permanent: parseZones(permanent) } }
}

export function closedPorts(zones: readonly Zone[], zoneName: string, ports: readonly string[]): string[] {
  return ports.filter((port) => !zones.some((zone) => zone.name === zoneName && isOpen(zone, port)))
}

async function zoneOfNode(host: HostView): Promise<string> {
  const name = (await localAddresses(host)).interface
  if (name !== undefined) {
    // Exit code 2 says `no zone`: the interface is in the default one.
    const { exitCode, stdout } = await host.ask(['firewall-cmd', `--get-zone-of-interface=${name}`])
    if (exitCode === 0 && stdout.trim() !== '') return stdout.trim()
  }
  return (await answerOf(host, ['firewall-cmd', '--get-default-zone'])).trim()
}

async function answerOf(host: HostView, argv: Argv): Promise<string> {
  const { exitCode, stdout, stderr } = await host.ask(argv, { timeoutMs: ASK_TIMEOUT_MS })
  if (exitCode !== 0)
    throw new AgentError('firewalld/no-answer', `${argv.join(' ')} ended with ${exitCode}: ${stderr.trim()}`, {
      fix: 'see: systemctl status firewalld',
    })
  return stdout
}

export function letsPodsThrough(zones: readonly Zone[], nodeZone: string): boolean {
  const trusting = zones.filter((zone) => zone.target === 'ACCEPT')
  return trusting.some((zone) => zone.name === nodeZone || zone.interfaces.length + zone.sources.length > 0)
}
