import { command, inOrder, remarked } from '../../base/command.ts'
import type { Check, Verdict } from '../../engine/checks/check.ts'
import type { HostView } from '../../host/host.ts'
import { defaultRoutes, mainRoutes, type Route } from '../../host/network/routes.ts'

export const check: Check = {
  id: 'default-route',
  title: 'Default route',
  hard: false,
  why: 'Cluster traffic uses the interface of the default route unless another one is configured. Without a route to the service subnet, this machine cannot reach services: the kernel looks up a route before kube-proxy handles the packet.',
  remedy:
    'Add a default route, change the metric of one, or choose the interface with controller node configure --interface.',
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const [first, ...others] = defaultRoutes(await mainRoutes(host))
    if (first === undefined)
      return {
        kind: 'warn',
        found: 'no default route',
        wanted: 'a default route, or a route to the pod and service subnets',
        fix: `add one (ip route add default via ADDRESS-OF-YOUR-GATEWAY), and in the network configuration; ${CHOOSE}`,
      }
    const rivals = others.filter((route) => route.metric === first.metric && route.interface !== first.interface)
    const [rival] = rivals
    if (rival !== undefined)
      return {
        kind: 'warn',
        found: `several default routes of the same metric: ${[first, ...rivals].map(show).join(', ')}`,
        wanted: 'one default route with the lowest metric, or a configured interface',
        fix: remarked(higherMetric(rival), `and in the network configuration; ${CHOOSE}`),
      }
    const after = others.map((route) => route.interface).filter((name) => name !== first.interface)
    return {
      kind: 'pass',
      found: `${show(first)}${after.length > 0 ? `, before ${[...new Set(after)].join(', ')}` : ''}`,
    }
  },
}

/** Adds the route with the higher metric first, so that the machine is never without it, then deletes the old one. */
function higherMetric({ interface: name, gateway, metric }: Route): string {
  const route = [...(gateway === undefined ? [] : ['via', gateway]), 'dev', name]
  return inOrder(
    command`ip route add default ${route} metric ${metric + 100}`,
    command`ip route delete default ${route} metric ${metric}`,
  )
}

const CHOOSE = 'or choose an interface: controller node configure NODE --role … --interface INTERFACE'

function show({ interface: name, gateway }: Route): string {
  return gateway === undefined ? name : `${name} via ${gateway}`
}
