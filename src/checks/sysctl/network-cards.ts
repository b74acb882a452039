import type { HostView } from '../../host/host.ts'
import { parseRoutes } from '../../host/parse/network/routes.ts'

/** Cards that carry IPv4 traffic: bridges, tunnels and the like have no device below them. */
export async function hasSeveralCards(host: HostView): Promise<boolean> {
  const routed = new Set(parseRoutes((await host.read('/proc/net/route')) ?? '').map((route) => route.interface))
  const devices = await Promise.all([...routed].map((name) => host.stat(`/sys/class/net/${name}/device`)))
  return devices.filter((device) => device !== undefined).length > 1
}
