import { AgentError } from '../../base/agent-error.ts'
import type { HostView } from '../../host/host.ts'
import type { Response } from '../../host/network.ts'
import { askApi } from '../../provision/api/api.ts'

const HERE = { node: { address: '127.0.0.1' } }
/** What the API server answers while it starts, or without etcd. */
const PASSING = [429, 500, 502, 503, 504]
const TYPES = { POST: 'application/json', PUT: 'application/json', PATCH: 'application/apply-patch+yaml' } as const

export const NO_API = 'the API of the master'

export const isThere = ({ status }: Response) => status !== 404

/**
 * Sends a request to the API server of this master, as its administrator. Undefined if it does not answer now; 404 and 409 are
 * answers. Throws `kubeconfig/refused` if it refuses the request.
 */
export async function ask(
  host: HostView,
  method: 'GET' | 'DELETE' | keyof typeof TYPES,
  path: string,
  object?: unknown,
): Promise<Response | undefined> {
  const isWithBody = method === 'POST' || method === 'PUT' || method === 'PATCH'
  const sent = isWithBody ? { headers: { 'content-type': TYPES[method] }, body: JSON.stringify(object) } : {}
  const answer = await askApi(host, HERE, path, { method, ...sent })
  if (!answer || PASSING.includes(answer.status)) return undefined
  const { status } = answer
  if ((status >= 200 && status < 300) || status === 404 || status === 409) return answer
  throw new AgentError(
    'kubeconfig/refused',
    `Kubernetes refused the request with status ${status}: ${reasonIn(answer)}`,
    {
      fix: 'see the audit log of Kubernetes: an admission policy of this cluster may forbid it',
    },
  )
}

function reasonIn({ body }: Response): string {
  try {
    return String((JSON.parse(body) as { message?: string }).message).slice(0, 1_000)
  } catch {
    return body.slice(0, 200)
  }
}
