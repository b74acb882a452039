import { AgentError } from '../../base/agent-error.ts'
import { hostPort } from '../../base/net/address.ts'
import type { HostView } from '../../host/host.ts'
import { waitUntil } from '../../host/units/wait-until.ts'
import { apiIsReady, existInApi, readApi } from '../../provision/api/api.ts'
import { apiServiceAddress } from '../../provision/api/endpoint.ts'
import { serverIn } from '../../provision/api/kubeconfig.ts'
import { kubectl } from '../../provision/api/kubectl.ts'
import { serverOnMaster } from '../../provision/kubeadm/cluster-configuration.ts'
import { CONFIGURATION_ANNOTATION, identityOfKubeProxy } from '../../provision/kubeadm/identity.ts'
import { kubeadmPhase, WITH_ETCD } from '../../provision/kubeadm/kubeadm-phase.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { watchAddOns, watchControlPlane } from '../../provision/pods/watches.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { hasRules } from './rules.ts'

const SYSTEM = '/namespaces/kube-system'

export const applyKubeProxy: ProvisionStep = {
  id: 'kube-proxy/apply',
  title: 'Applying kube-proxy',
  isDone: async (host, params) =>
    (await isCurrent(host, params)) &&
    (await hasServer(host, params)) &&
    existInApi(host, params, [
      `/apis/rbac.authorization.k8s.io/v1${SYSTEM}/rolebindings/kube-proxy`,
      '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/kubeadm:node-proxier',
    ]),
  async apply(host, params, context) {
    const hasFormerServer = (await readConfiguration(host, params)) !== undefined && !(await hasServer(host, params))
    await kubeadmPhase(host, ['addon', 'kube-proxy'], WITH_ETCD, context)
    // Its pods read the address of the API when they start. After a kill in between, they see the change within two minutes, and end.
    if (hasFormerServer) {
      await kubectl(host, params, ['--namespace=kube-system', 'rollout', 'restart', 'daemonset/kube-proxy'], context)
    }
    const identity = identityOfKubeProxy(params)
    if (identity === identityIn(await readApi<DaemonSet>(host, params, DAEMON_SET))) return
    // kube-proxy reads its configuration when it starts: the annotation of the template replaces its pods.
    const patch = {
      spec: { template: { metadata: { annotations: { [CONFIGURATION_ANNOTATION]: identity ?? null } } } },
    }
    const args = ['patch', 'daemonset', 'kube-proxy', '--type', 'merge', '--patch', JSON.stringify(patch)]
    await kubectl(host, params, ['-n', 'kube-system', ...args], context)
  },
}

async function readConfiguration(host: HostView, params: ProvisionParams): Promise<string | undefined> {
  const path = `/api/v1${SYSTEM}/configmaps/kube-proxy`
  return (await readApi<{ data?: Record<string, string> }>(host, params, path))?.data?.['kubeconfig.conf']
}

async function hasServer(host: HostView, params: ProvisionParams): Promise<boolean> {
  const [configuration, server] = await Promise.all([readConfiguration(host, params), serverOnMaster(host)])
  return configuration !== undefined && (server === undefined || serverIn(configuration) === server)
}

interface DaemonSet {
  spec?: {
    template?: {
      metadata?: { annotations?: Record<string, string> }
      spec?: { containers?: { image?: string }[] }
    }
  }
}

const DAEMON_SET = `/apis/apps/v1${SYSTEM}/daemonsets/kube-proxy`
const identityIn = (found: DaemonSet | undefined) =>
  found?.spec?.template?.metadata?.annotations?.[CONFIGURATION_ANNOTATION]

async function isCurrent(host: HostView, params: ProvisionParams): Promise<boolean> {
  const found = await readApi<DaemonSet>(host, params, DAEMON_SET)
  if (identityIn(found) !== identityOfKubeProxy(params)) return false
  const image = found?.spec?.template?.spec?.containers?.[0]?.image
  return image?.endsWith(`:${params.cluster.kubernetesVersion}`) === true
}

/** A pod that connects to a service before its rules exist loses the connection, and many clients wait 30 s for a timeout. */
export const awaitServices: ProvisionStep = {
  id: 'kube-proxy/await-services',
  title: 'Waiting until services are reachable',
  isDone: servicesAnswer,
  async apply(host, params, { signal }) {
    const service = serviceOf(params)
    const timeoutMs = 300_000
    const failure = async () =>
      new AgentError('kube-proxy/no-service', `the API's service ${service} is not reachable from this node`, {
        fix: 'see the reason in: kubectl -n kube-system logs ds/kube-proxy; then provision again',
      })
    const watches = [...watchControlPlane(params), watchAddOns(['kube-system/kube-proxy-'])]
    await waitUntil(host, () => servicesAnswer(host, params), { signal, timeoutMs, failure, watches })
  },
}

async function servicesAnswer(host: HostView, params: ProvisionParams): Promise<boolean> {
  return (await hasRules(host, params)) && (await apiIsReady(host, serviceOf(params)))
}

function serviceOf({ cluster }: ProvisionParams): string {
  return hostPort(apiServiceAddress(cluster.serviceSubnet), 443)
}
