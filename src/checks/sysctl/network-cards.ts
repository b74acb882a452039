import type { HostView } from '../../host/host.ts'
import { parseRoutes } from '../../host/parse/network/routes.ts'

/** Whether several network cards have IPv4 routes. Bridges, tunnels and other virtual links have no device. */
export async function hasSeveralCards(host: HostView): Promise<boolean> {
  const routed = new Set(parseRoutes((await host.read('/proc/net/route')) ?? '').map((route) => route.interface))
  const devices = await Promise.all([...routed].map((name) => host.stat(`/sys/class/net/${name}/device`)))
  return devices.filter((device) => device !== undefined).length > 1
}
