import type { CheckParams } from '../../engine/check.ts'
import { judgedRoles } from '../../engine/judged-roles.ts'
import type { Step } from '../../engine/step.ts'
import type { Host, HostView } from '../../host/host.ts'
import { isUnitActive } from '../../host/is-unit-active.ts'
import { closedPorts, letsPodsThrough, ON_A_MASTER, ON_EVERY_NODE, POD_INTERFACES, readFirewall } from './firewall.ts'

/** What is closed in one of the two states of firewalld, which are opened apart: a reload would drop what others set. */
interface Opening {
  zone: string
  ports: string[]
  interfaces: string[]
  permanent: boolean
}

export const mend: Step<CheckParams> = {
  id: 'mend/firewalld',
  title: 'Opening firewalld for the cluster',
  isDone: async (host, params) => (await openings(host, params)).length === 0,
  async apply(host, params) {
    for (const opening of await openings(host, params)) await open(host, opening)
  },
}

async function openings(host: HostView, { roles }: CheckParams): Promise<Opening[]> {
  if (!(await isUnitActive(host, 'firewalld.service'))) return []
  const { must, may } = judgedRoles(roles)
  const wanted = [...ON_EVERY_NODE, ...([...must, ...may].includes('master') ? ON_A_MASTER : [])]
  const firewall = await readFirewall(host)
  const { zoneName, states } = firewall
  return (['permanent', 'now'] as const).flatMap((state) => {
    const zones = states[state]
    const permanent = state === 'permanent'
    const ports = closedPorts(zones, firewall, wanted)
    const trusted = zones.find(({ name }) => name === 'trusted')?.interfaces ?? []
    const blocked = letsPodsThrough(zones, zoneName) ? [] : POD_INTERFACES.filter((name) => !trusted.includes(name))
    return [
      ...(ports.length > 0 ? [{ zone: zoneName, ports, interfaces: [], permanent }] : []),
      ...(blocked.length > 0 ? [{ zone: 'trusted', ports: [], interfaces: blocked, permanent }] : []),
    ]
  })
}

async function open(host: Host, opening: Opening): Promise<void> {
  const { zone, ports, interfaces, permanent } = opening
  const what = [...ports.map((port) => `--add-port=${port}`), ...interfaces.map((name) => `--add-interface=${name}`)]
  const keeping = permanent ? ['--permanent'] : []
  await host.run(['firewall-cmd', ...keeping, `--zone=${zone}`, ...what], { kind: 'firewalld', ...opening })
}
