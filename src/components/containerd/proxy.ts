import { containsSubnet, parseSubnet, showSubnet } from '../../base/net/subnet.ts'
import type { HostView } from '../../host/host.ts'
import { mainRoutes } from '../../host/network/routes.ts'
import { splitHostPort } from '../../provision/api/endpoint.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { loginFor } from './logins.ts'

const LOCAL = ['localhost', '127.0.0.1', '::1', '.svc', '.cluster.local']

type Params = Pick<ProvisionParams, 'cluster' | 'node' | 'registryLogins'>

/** The proxies of this node: one node may have another one than others, and workers than masters. */
function proxiesOf({ cluster, node }: Pick<Params, 'cluster' | 'node'>): { http?: string; https?: string } {
  const { httpProxy: http, httpsProxy: https, workerProxy, nodeProxies = {} } = cluster
  const own = Object.hasOwn(nodeProxies, node.name) ? nodeProxies[node.name] : undefined
  const proxy = own ?? (node.roles.includes('master') ? undefined : workerProxy)
  if (proxy === undefined) return { ...(http && { http }), ...(https && { https }) }
  return proxy === 'none' ? {} : { http: proxy, https: proxy }
}

export function hasProxy(params: Pick<Params, 'cluster' | 'node'>): boolean {
  return Object.keys(proxiesOf(params)).length > 0
}

/** The environment of containerd; undefined without a proxy. Programs differ in which case of the names they read. */
export async function proxyEnvironment(view: HostView, params: Params): Promise<string | undefined> {
  if (!hasProxy(params)) return undefined
  const { http, https } = proxiesOf(params)
  const { noProxy, podSubnet, serviceSubnet, endpoint } = params.cluster
  const exempt = [...LOCAL, podSubnet, serviceSubnet, splitHostPort(endpoint).host, ...(await nodeSubnet(view, params))]
  const all = [...new Set(exempt), ...(noProxy ? [noProxy] : [])]
  const values = { HTTP_PROXY: signedIn(http, params), HTTPS_PROXY: signedIn(https, params), NO_PROXY: all.join(',') }
  const lines = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [name, name.toLowerCase()].map((each) => `${each}="${value}"\n`),
  )
  return lines.join('')
}

/** With the user of the proxy, whom only this node knows. */
function signedIn(proxy: string | undefined, params: Params): string | undefined {
  const url = proxy === undefined ? null : URL.parse(proxy)
  const login = url && loginFor(params, url.href)?.reveal()
  if (!url || !login) return proxy
  const at = login.indexOf(':')
  const user = [login.slice(0, at), login.slice(at + 1)].map(encodeURIComponent).join(':')
  return `${url.protocol}//${user}@${url.host}`
}

/** The network of the other nodes, and not their addresses: a new node changes nothing on the others. */
async function nodeSubnet(view: HostView, { node }: Params): Promise<string[]> {
  const own = parseSubnet(node.address)
  const connected = (await mainRoutes(view)).filter(({ gateway, destination: { prefix } }) => !gateway && prefix > 0)
  const route = connected.find(({ destination }) => own && containsSubnet(destination, own))
  return [route === undefined ? node.address : showSubnet(route.destination)]
}
