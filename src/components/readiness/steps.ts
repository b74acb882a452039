import { AgentError } from '../../base/agent-error.ts'
import type { HostView } from '../../host/host.ts'
import { type Watch, waitUntil } from '../../host/units/wait-until.ts'
import { CLUSTER_NAMESPACES } from '../../protocol/cluster-namespaces.ts'
import { apiIsReady, readApi } from '../../provision/api/api.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { watchAddOns, watchControlPlane, watchKubelet } from '../../provision/pods/watches.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { type NodeObject, type PodObject, waitingFor } from './waiting-for.ts'

const TIMEOUT_MS = 600_000

export const awaitPods: ProvisionStep = {
  id: 'readiness/await-pods',
  title: 'Waiting until the node and all its pods are Ready',
  isDone: async (host, params) => (await missing(host, params)).length === 0,
  async apply(host, params, { signal }) {
    const failure = async () => {
      const found = (await missing(host, params)).slice(0, 10).join(', ')
      return new AgentError('readiness/not-ready', `not Ready after ${TIMEOUT_MS / 1000} s: ${found}`, {
        fix: 'see the reason with kubectl describe and kubectl logs; then provision again',
      })
    }
    const isReady = async () => (await missing(host, params)).length === 0
    const watches = [...watchOwn(params), watchAddOns(CLUSTER_NAMESPACES.map((namespace) => `${namespace}/`))]
    await waitUntil(host, isReady, { signal, timeoutMs: TIMEOUT_MS, failure, watches })
  },
}

export const awaitEndpoint: ProvisionStep = {
  id: 'readiness/await-endpoint',
  title: 'Waiting for the API at its endpoint',
  isDone: (host, params) => apiIsReady(host, params.cluster.endpoint),
  async apply(host, params, { signal }) {
    const { endpoint } = params.cluster
    const failure = async () =>
      new AgentError('readiness/endpoint', `the API does not answer at its endpoint ${endpoint}`, {
        fix: 'make the load balancer or the DNS name of the API endpoint lead to this node; then provision again',
      })
    const watches = watchOwn(params)
    await waitUntil(host, () => apiIsReady(host, endpoint), { signal, timeoutMs: 300_000, failure, watches })
  },
}

function watchOwn(params: ProvisionParams): Watch[] {
  return params.task === 'worker' ? watchKubelet() : watchControlPlane(params)
}

async function missing(host: HostView, params: ProvisionParams): Promise<string[]> {
  // The kubelet's certificate of a worker only allows to list the pods of its own node.
  const ofNode = `?fieldSelector=spec.nodeName=${params.node.name}`
  const [found, pods] = await Promise.all([
    readApi<NodeObject>(host, params, `/api/v1/nodes/${params.node.name}`),
    readApi<{ items: PodObject[] }>(host, params, `/api/v1/pods${params.task === 'first-master' ? '' : ofNode}`),
  ])
  return waitingFor(params, found, pods?.items ?? [])
}
