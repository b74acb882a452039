import { AgentError } from '../../base/agent-error.ts'
import type { HostView } from '../../host/host.ts'
import { waitUntil } from '../../host/units/wait-until.ts'
import { CLUSTER_NAMESPACES, OPERATOR_NAMESPACE } from '../../protocol/cluster-namespaces.ts'
import { readApi } from '../../provision/api/api.ts'
import { CONFIGURATION_ANNOTATION, identityOfKubeProxy } from '../../provision/kubeadm/identity.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { watchAddOns, watchControlPlane } from '../../provision/pods/watches.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

const TIMEOUT_MS = 300_000
const DEPLOYMENTS = ['kube-system/deployments/coredns', `${OPERATOR_NAMESPACE}/deployments/operator`]

interface Deployment {
  metadata: { generation?: number }
  spec?: { replicas?: number }
  status?: { observedGeneration?: number; updatedReplicas?: number; availableReplicas?: number }
}
interface Pod {
  metadata: { name: string; namespace: string; deletionTimestamp?: string; annotations?: Record<string, string> }
  spec?: { containers?: { image?: string }[] }
  status: { conditions?: { type: string; status: string }[] }
}

/** Of kube-proxy, only the pod of this node: another node can be off. */
export const awaitRollout: ProvisionStep = {
  id: 'rollout/await',
  title: 'Waiting for the new pods of the add-ons',
  isDone: async (host, params) => (await waitingFor(host, params)).length === 0,
  async apply(host, params, { signal }) {
    const failure = async () => {
      const found = (await waitingFor(host, params)).join(', ')
      return new AgentError('rollout/not-ready', `not rolled out after ${TIMEOUT_MS / 1000} s: ${found}`, {
        fix: 'see the reason with kubectl describe and kubectl logs; then run the same command again',
      })
    }
    const isDone = async () => (await waitingFor(host, params)).length === 0
    const watches = [...watchControlPlane(params), watchAddOns(CLUSTER_NAMESPACES.map((namespace) => `${namespace}/`))]
    await waitUntil(host, isDone, { signal, timeoutMs: TIMEOUT_MS, failure, watches })
  },
}

async function waitingFor(host: HostView, params: ProvisionParams): Promise<string[]> {
  const found = await Promise.all(
    DEPLOYMENTS.map((path) => readApi<Deployment>(host, params, `/apis/apps/v1/namespaces/${path}`)),
  )
  const late = DEPLOYMENTS.filter((_, index) => !isRolledOut(found[index]))
  return (await isKubeProxyNew(host, params)) ? late : ['kube-proxy on this node', ...late]
}

function isRolledOut(deployment: Deployment | undefined): boolean {
  const { metadata, spec, status } = deployment ?? {}
  if (metadata === undefined || (status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) return false
  // One is enough: a further one can wait for a node that is off.
  return (status?.updatedReplicas ?? 0) >= (spec?.replicas ?? 1) && (status?.availableReplicas ?? 0) > 0
}

async function isKubeProxyNew(host: HostView, params: ProvisionParams): Promise<boolean> {
  const path = `/api/v1/pods?fieldSelector=spec.nodeName=${params.node.name}`
  const pods = (await readApi<{ items: Pod[] }>(host, params, path))?.items ?? []
  return pods.some(({ metadata, spec, status }) => {
    const isOwn = metadata.namespace === 'kube-system' && metadata.name.startsWith('kube-proxy-')
    const isOfVersion = spec?.containers?.some(({ image }) => image?.endsWith(`:${params.cluster.kubernetesVersion}`))
    const isOfSettings = metadata.annotations?.[CONFIGURATION_ANNOTATION] === identityOfKubeProxy(params)
    const isReady = status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True')
    const isNew = isOfVersion === true && isOfSettings
    return isOwn && metadata.deletionTimestamp === undefined && isNew && isReady === true
  })
}
