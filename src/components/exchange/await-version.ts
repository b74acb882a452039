import { AgentError } from '../../base/agent-error.ts'
import type { HostView } from '../../host/host.ts'
import { waitUntil } from '../../host/units/wait-until.ts'
import { readApi } from '../../provision/api/api.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { watchControlPlane, watchKubelet } from '../../provision/pods/watches.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

/** A kubelet that restarts a failed API server waits up to 300 s. */
const TIMEOUT_MS = 360_000

interface NodeObject {
  status: { nodeInfo?: { kubeletVersion?: string } }
}

/** The processes themselves are asked: the pod that the API shows for a static pod can be that of the old process. */
export const awaitVersion: ProvisionStep = {
  id: 'exchange/await-version',
  title: 'Waiting for the present version of Kubernetes',
  isDone: async (host, params) => (await waitingFor(host, params)).length === 0,
  async apply(host, params, { signal }) {
    const failure = async () => {
      const found = (await waitingFor(host, params)).join(', ')
      return new AgentError(
        'exchange/not-up',
        `not ${params.cluster.kubernetesVersion} after ${TIMEOUT_MS / 1000} s: ${found}`,
        {
          fix: 'see the reason in: journalctl -u kubelet; then run the same command again',
        },
      )
    }
    const isUp = async () => (await waitingFor(host, params)).length === 0
    const watches = params.task === 'worker' ? watchKubelet() : watchControlPlane(params)
    await waitUntil(host, isUp, { signal, timeoutMs: TIMEOUT_MS, failure, watches })
  },
}

async function waitingFor(host: HostView, params: ProvisionParams): Promise<string[]> {
  const { cluster, node, task } = params
  const [server, found] = await Promise.all([
    task === 'worker' ? undefined : readApi<{ gitVersion: string }>(host, params, '/version'),
    readApi<NodeObject>(host, params, `/api/v1/nodes/${node.name}`),
  ])
  const versions = {
    ...(task !== 'worker' && { 'API server': server?.gitVersion }),
    kubelet: found?.status.nodeInfo?.kubeletVersion,
  }
  return Object.entries(versions).flatMap(([name, version]) =>
    version?.replace(/[-+].*/, '') === cluster.kubernetesVersion ? [] : [`${name} ${version ?? 'does not answer'}`],
  )
}
