import { AgentError } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'
import { bareHost } from '../../base/net/address.ts'
import type { HttpProxy, NetworkView } from '../../host/network.ts'
import { unreachable } from './unreachable.ts'

const TIMEOUT_MS = 10_000

/**
 * The source address that the kernel uses to reach the controller, or the proxy. Throws AgentError
 * `controller/unreachable` if there is no route.
 */
export async function addressTowards(url: string, proxy: HttpProxy | undefined, network: NetworkView): Promise<string> {
  const host = bareHost(new URL(proxy?.url ?? url).hostname)
  const addresses = await network.resolve(host, TIMEOUT_MS).catch((error: unknown) => {
    throw unreachable(url, error)
  })
  for (const address of addresses) {
    const source = await network.sourceTowards(address)
    if (source !== undefined) return source.address.replace(/%.*$/, '')
  }
  const way = proxy?.url === undefined ? 'the controller' : `the proxy`
  const found = `this machine has no route to ${way} at ${host} (${addresses.join(', ')})`
  throw new AgentError('controller/unreachable', `${found}, and needs one to reach ${url}`, {
    fix: `check: ${command`ip route get ${addresses[0] ?? host}`}; then add a route, or start the controller with a --public-url to which this machine has a route`,
    kind: 'unreachable',
  })
}
