import { command, inOrder } from '../../base/command.ts'
import { POD_INTERFACES } from '../../base/kubernetes-names.ts'
import type { Check, CheckParams, Verdict } from '../../engine/checks/check.ts'
import { judgedRoles } from '../../engine/checks/judged-roles.ts'
import type { HostView } from '../../host/host.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { allowsPods, closedPorts, ON_A_MASTER, ON_EVERY_NODE, readFirewall } from './firewall.ts'

export const check: Check = {
  id: 'firewalld',
  title: 'Firewall (firewalld)',
  hard: true,
  why: 'An active firewalld drops traffic between nodes and pods unless its ports are open, now and after a reload. An inactive firewalld is no problem.',
  remedy: "Open the ports in the zone that the check names, and add the pod network's interfaces to the zone trusted.",
  timeoutMs: 45_000,
  async look(host: HostView, { roles }: CheckParams): Promise<Verdict> {
    if (!(await isUnitActive(host, 'firewalld.service'))) return { kind: 'pass', found: 'not active' }
    const firewall = await readFirewall(host)
    const { zoneName, states } = firewall
    const closed = (ports: readonly string[]) => [
      ...new Set(Object.values(states).flatMap((zones) => closedPorts(zones, firewall, ports))),
    ]
    const { must, may } = judgedRoles(roles)
    const forMust = closed([...ON_EVERY_NODE, ...(must.includes('master') ? ON_A_MASTER : [])])
    const forMay = closed(may.includes('master') ? ON_A_MASTER : [])
    const podsBlocked = Object.values(states).some((zones) => !allowsPods(zones, zoneName))
    if (forMust.length + forMay.length === 0 && !podsBlocked)
      return { kind: 'pass', found: `active, zone ${zoneName} allows traffic of the cluster` }
    const missing = [...forMust, ...forMay]
    const closedText = missing.length > 0 ? [`closed, now or after a reload: ${missing.join(', ')}`] : []
    const podText = podsBlocked ? ['the pod network is not trusted'] : []
    return {
      kind: forMust.length > 0 || podsBlocked ? 'fail' : 'warn',
      found: `active, zone ${zoneName}: ${[...closedText, ...podText].join('; ')}`,
      wanted: 'inactive, or open for the cluster and its pods',
      fix: fixFor(zoneName, missing, podsBlocked),
    }
  },
}

function fixFor(zone: string, closed: readonly string[], podsBlocked: boolean): string {
  const open = command`firewall-cmd --permanent ${[`--zone=${zone}`, ...closed.map((port) => `--add-port=${port}`)]}`
  const trust = command`firewall-cmd --permanent --zone=trusted ${POD_INTERFACES.map((i) => `--add-interface=${i}`)}`
  return inOrder(closed.length > 0 ? open : undefined, podsBlocked ? trust : undefined, 'firewall-cmd --reload')
}
