import { POD_INTERFACES } from '../../base/kubernetes-names.ts'
import type { CheckParams } from '../../engine/checks/check.ts'
import { judgedRoles } from '../../engine/checks/judged-roles.ts'
import type { Step } from '../../engine/step.ts'
import type { HostView } from '../../host/host.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { allowsPods, closedPorts, ON_A_MASTER, ON_EVERY_NODE, readFirewall } from './firewall.ts'
import { type Opening, openForGood, openNow } from './open-zone.ts'

/** Opens ports in the runtime and in the permanent configuration, without a reload: that would drop the runtime rules of others. */
export const fixStep: Step<CheckParams> = {
  id: 'mend/firewalld',
  title: 'Opening the ports of the cluster in firewalld',
  async isDone(host, params) {
    const { now, permanent } = await openings(host, params)
    return now.length + permanent.length === 0
  },
  async apply(host, params) {
    const { now, permanent } = await openings(host, params)
    for (const opening of permanent) await openForGood(host, opening)
    for (const opening of now) await openNow(host, opening)
  },
}

async function openings(host: HostView, { roles }: CheckParams): Promise<Record<'now' | 'permanent', Opening[]>> {
  if (!(await isUnitActive(host, 'firewalld.service'))) return { now: [], permanent: [] }
  const { must, may } = judgedRoles(roles)
  const wanted = [...ON_EVERY_NODE, ...([...must, ...may].includes('master') ? ON_A_MASTER : [])]
  const firewall = await readFirewall(host)
  const { zoneName, states } = firewall
  const missing = (state: keyof typeof states): Opening[] => {
    const zones = states[state]
    const ports = closedPorts(zones, firewall, wanted)
    const trusted = zones.find(({ name }) => name === 'trusted')?.interfaces ?? []
    const blocked = allowsPods(zones, zoneName) ? [] : POD_INTERFACES.filter((name) => !trusted.includes(name))
    return [
      ...(ports.length > 0 ? [{ zone: zoneName, ports, interfaces: [] }] : []),
      ...(blocked.length > 0 ? [{ zone: 'trusted', ports: [], interfaces: blocked }] : []),
    ]
  }
  return { now: missing('now'), permanent: missing('permanent') }
}
