import { command, remarked } from '../../base/command.ts'
import type { Check, Verdict } from '../../engine/checks/check.ts'
import type { HostView } from '../../host/host.ts'
import { defaultRoutes, mainRoutes } from '../../host/network/routes.ts'

/** The outer IPv4, UDP and VXLAN headers and the inner Ethernet header: RFC 7348. */
const VXLAN_BYTES = 50
/** The minimum link MTU of IPv6: RFC 8200, section 5. */
const LEAST_FOR_PODS = 1_280

export const check: Check = {
  id: 'mtu',
  title: 'Packet size',
  hard: false,
  why: 'Packets of pods are encapsulated between nodes, and the remaining size must be enough for IPv6. Whether the path between two nodes carries such packets is checked by: controller cluster precheck.',
  remedy: 'Raise the MTU of the interface, if the network supports it.',
  thresholds: [{ of: 'MTU', warn: `less than ${LEAST_FOR_PODS + VXLAN_BYTES}` }],
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const routes = await mainRoutes(host)
    const name = (defaultRoutes(routes)[0] ?? routes[0])?.interface
    if (name === undefined) return { kind: 'skipped', found: 'no network interface is connected' }
    const mtu = Number((await host.read(`/sys/class/net/${name}/mtu`)) ?? 0)
    if (!(mtu > 0)) return { kind: 'skipped', found: `${name} does not report its MTU` }
    const found = `${name} has ${mtu} bytes, which leaves ${mtu - VXLAN_BYTES} for pods`
    if (mtu - VXLAN_BYTES >= LEAST_FOR_PODS) return { kind: 'pass', found }
    const wanted = `at least ${LEAST_FOR_PODS + VXLAN_BYTES} bytes`
    return {
      kind: 'warn',
      found,
      wanted,
      fix: remarked(command`ip link set ${name} mtu 1500`, 'if the network supports it'),
    }
  },
}
