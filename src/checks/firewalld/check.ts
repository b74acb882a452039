import type { Check, CheckParams, Verdict } from '../../engine/check.ts'
import { judgedRoles } from '../../engine/judged-roles.ts'
import { AgentError } from '../../errors/agent-error.ts'
import { localAddresses } from '../../host/addresses.ts'
import type { Argv } from '../../host/argv.ts'
import type { HostView } from '../../host/host.ts'
import { isUnitActive } from '../../host/is-unit-active.ts'
import { isOpen, parseZones, type Zone } from './zones.ts'

/** What comes from other machines, by role. */
const ON_EVERY_NODE = ['10250/tcp', '8472/udp', '53/tcp', '53/udp']
const ON_A_MASTER = ['6443/tcp', '2379/tcp', '2380/tcp']
const POD_INTERFACES = ['cni0', 'flannel.1']
/** firewall-cmd asks for a zone after the other: half a second on a fast machine. */
const ASK_TIMEOUT_MS = 18_000

export const check: Check = {
  id: 'firewalld',
  title: 'Firewall (firewalld)',
  hard: true,
  why: 'An active firewalld drops what nodes and pods say to one another unless its ports are open, now and after a reload. Merely installed, it does not matter.',
  timeoutMs: 20_000,
  async look(host: HostView, { roles }: CheckParams): Promise<Verdict> {
    if (!(await isUnitActive(host, 'firewalld.service'))) return { kind: 'pass', found: 'not active' }
    const [zoneName, now, permanent] = await Promise.all([
      zoneOfNode(host),
      answerOf(host, ['firewall-cmd', '--list-all-zones']),
      answerOf(host, ['firewall-cmd', '--permanent', '--list-all-zones']),
    ])
    const states = [parseZones(now), parseZones(permanent)]
    const closed = (ports: readonly string[]) =>
      ports.filter((port) => states.some((zones) => !zones.some((z) => z.name === zoneName && isOpen(z, port))))
    const { must, may } = judgedRoles(roles)
    const forMust = closed([...ON_EVERY_NODE, ...(must.includes('master') ? ON_A_MASTER : [])])
    const forMay = closed(may.includes('master') ? ON_A_MASTER : [])
    const podsBlocked = states.some((zones) => !letsPodsThrough(zones, zoneName))
    if (forMust.length + forMay.length === 0 && !podsBlocked)
      return { kind: 'pass', found: `active, zone ${zoneName} lets the cluster through` }
    const missing = [...forMust, ...forMay]
    const closedText = missing.length > 0 ? [`closed, now or after a reload: ${missing.join(', ')}`] : []
    const podText = podsBlocked ? ['the pod network is not trusted'] : []
    return {
      kind: forMust.length > 0 || podsBlocked ? 'fail' : 'warn',
      found: `active, zone ${zoneName}: ${[...closedText, ...podText].join('; ')}`,
      wanted: 'not active, or open for the cluster and its pods',
      fix: fixFor(zoneName, missing, podsBlocked),
    }
  },
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

function letsPodsThrough(zones: readonly Zone[], nodeZone: string): boolean {
  const trusting = zones.filter((zone) => zone.target === 'ACCEPT')
  return trusting.some((zone) => zone.name === nodeZone || zone.interfaces.length + zone.sources.length > 0)
}

function fixFor(zone: string, closed: readonly string[], podsBlocked: boolean): string {
  const open = `firewall-cmd --permanent --zone=${zone} ${closed.map((port) => `--add-port=${port}`).join(' ')}`
  const trust = `firewall-cmd --permanent --zone=trusted ${POD_INTERFACES.map((i) => `--add-interface=${i}`).join(' ')}`
  return [...(closed.length > 0 ? [open] : []), ...(podsBlocked ? [trust] : []), 'firewall-cmd --reload'].join(' && ')
}
