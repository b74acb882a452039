import { AgentError } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'
import type { NetworkView } from '../../host/network.ts'
import { unreachable } from './unreachable.ts'

const TIMEOUT_MS = 10_000

/**
 * The address that this machine has on the way to the controller, or to the proxy before it: the kernel's choice. Throws
 * `controller/unreachable`.
 */
export async function addressTowards(url: string, proxy: string | undefined, network: NetworkView): Promise<string> {
  const host = new URL(proxy ?? url).hostname.replace(/^\[|\]$/g, '')
  const addresses = await network.resolve(host, TIMEOUT_MS).catch((error: unknown) => {
    throw unreachable(url, error)
  })
  for (const address of addresses) {
    const source = await network.sourceTowards(address)
    if (source !== undefined) return source.address.replace(/%.*$/, '')
  }
  const way = proxy === undefined ? 'the controller' : `the proxy before the controller`
  const found = `this machine has no route to ${way} at ${host} (${addresses.join(', ')})`
  throw new AgentError('controller/unreachable', `${found}; wanted one on the way to ${url}`, {
    fix: `see: ${command`ip route get ${addresses[0] ?? host}`}; then add a route, or give the controller a --public-url that this machine has a route to`,
    kind: 'unreachable',
  })
}
