import { AgentError } from '../../base/agent-error.ts'
import type { HostView } from '../../host/host.ts'
import type { RequestOptions, Response, TlsIdentity } from '../../host/network.ts'
import type { NodeParams } from '../../protocol/wire/instruction.ts'
import { ADMIN_CONF, KUBELET_IDENTITY, KUBERNETES_PKI } from '../paths.ts'
import { localApi } from './endpoint.ts'

/** `cluster` is required on nodes without an API server. */
type Where = { node: Pick<NodeParams['node'], 'address'>; cluster?: Pick<NodeParams['cluster'], 'endpoint'> }
const MAX_BYTES = 32 * 1024 * 1024

/**
 * Reads from the API: on a master from its own API server as administrator, on other nodes from the endpoint as the node, which
 * may read itself and its pods. Undefined if the object does not exist, if the node has no permission yet, and if the API does
 * not answer: for a step all three mean "not done yet".
 */
export async function readApi<T>(host: HostView, where: Where, path: string): Promise<T | undefined> {
  const answer = await askApi(host, where, path)
  return answer?.status === 200 ? (JSON.parse(answer.body) as T) : undefined
}

/** Whether the object was created. */
export async function createInApi(host: HostView, where: Where, path: string, object: unknown): Promise<boolean> {
  const headers = { 'content-type': 'application/json' }
  const answer = await askApi(host, where, path, { method: 'POST', headers, body: JSON.stringify(object) })
  return answer?.status === 201
}

/** Any request to the API; undefined if it does not answer. */
export async function askApi(
  host: HostView,
  where: Where,
  path: string,
  request: Pick<RequestOptions, 'method' | 'headers' | 'body'> = {},
): Promise<Response | undefined> {
  const access = await accessOf(host, where)
  if (access === undefined) return undefined
  try {
    return await host.network.request(`${access.server}${path}`, {
      ...request,
      tls: access.tls,
      timeoutMs: 5_000,
      maxBytes: MAX_BYTES,
    })
  } catch {
    // The connection is refused, reset or cut off while the API server starts.
    return undefined
  }
}

export async function existInApi(host: HostView, params: Where, paths: readonly string[]): Promise<boolean> {
  const found = await Promise.all(paths.map((path) => readApi(host, params, path)))
  return found.every((object) => object !== undefined)
}

/** Whether HOST:PORT answers at all, with a certificate of the cluster's CA. */
export async function apiAnswers(host: HostView, endpoint: string): Promise<boolean> {
  return (await readyz(host, endpoint)) !== undefined
}

/** Whether `/readyz` of HOST:PORT answers 200. */
export async function apiIsReady(host: HostView, endpoint: string): Promise<boolean> {
  return (await readyz(host, endpoint)) === 200
}

async function readyz(host: HostView, endpoint: string): Promise<number | undefined> {
  const ca = await host.read(`${KUBERNETES_PKI}/ca.crt`)
  if (ca === undefined) return undefined
  try {
    const { status } = await host.network.request(`https://${endpoint}/readyz`, { tls: { ca }, timeoutMs: 5_000 })
    return status
  } catch {
    // Refused, reset, or no answer in time.
    return undefined
  }
}

interface Access {
  server: string
  tls: TlsIdentity
}

async function accessOf(host: HostView, { node, cluster }: Where): Promise<Access | undefined> {
  const admin = await adminIdentity(host)
  if (admin !== undefined) return { server: localApi({ node }), tls: admin }
  const [ca, pair] = await Promise.all([host.read(`${KUBERNETES_PKI}/ca.crt`), host.read(KUBELET_IDENTITY)])
  if (ca === undefined || pair === undefined || cluster === undefined) return undefined
  return { server: `https://${cluster.endpoint}`, tls: { ca, cert: pair, key: pair } }
}

async function adminIdentity(host: HostView): Promise<TlsIdentity | undefined> {
  const kubeconfig = await host.read(ADMIN_CONF)
  if (kubeconfig === undefined) return undefined
  const field = (name: string) => {
    const value = new RegExp(`^\\s*${name}: (\\S+)$`, 'm').exec(kubeconfig)?.[1]
    if (value === undefined) {
      throw new AgentError('kubeconfig/damaged', `${ADMIN_CONF} is incomplete: it has no ${name}`, {
        fix: `remove ${ADMIN_CONF} and provision again: the run creates it again with the cluster's CA`,
      })
    }
    return Buffer.from(value, 'base64').toString()
  }
  return {
    ca: field('certificate-authority-data'),
    cert: field('client-certificate-data'),
    key: field('client-key-data'),
  }
}
