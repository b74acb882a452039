import { splitHostPort } from '../../provision/api/endpoint.ts'
import type { ProvisionParams } from '../../provision/params.ts'

const LOCAL = ['localhost', '127.0.0.1', '::1', '.svc', '.cluster.local']

/** The environment of containerd; undefined without a proxy. Programs differ in which case of the names they read. */
export function proxyEnvironment({ cluster }: Pick<ProvisionParams, 'cluster'>): string | undefined {
  const { httpProxy, httpsProxy, noProxy, podSubnet, serviceSubnet, endpoint } = cluster
  if (httpProxy === undefined && httpsProxy === undefined) return undefined
  const exempt = [...LOCAL, podSubnet, serviceSubnet, splitHostPort(endpoint).host, ...(noProxy ? [noProxy] : [])]
  const values = { HTTP_PROXY: httpProxy, HTTPS_PROXY: httpsProxy, NO_PROXY: exempt.join(',') }
  const lines = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [name, name.toLowerCase()].map((each) => `${each}="${value}"\n`),
  )
  return lines.join('')
}
