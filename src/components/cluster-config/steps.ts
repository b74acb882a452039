import type { HostView } from '../../host/host.ts'
import { existInApi, readApi } from '../../provision/api/api.ts'
import { serverIn } from '../../provision/api/kubeconfig.ts'
import { kubectl } from '../../provision/api/kubectl.ts'
import {
  clusterConfigurationOn,
  configurationIn,
  serverOnMaster,
} from '../../provision/kubeadm/cluster-configuration.ts'
import { CONFIGURATION_ANNOTATION, identityOfSettings } from '../../provision/kubeadm/identity.ts'
import { kubeadmPhase, WITH_ETCD } from '../../provision/kubeadm/kubeadm-phase.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { KUBEADM_CONFIG } from '../../provision/paths.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

const RBAC = '/apis/rbac.authorization.k8s.io/v1'
const SYSTEM = `${RBAC}/namespaces/kube-system/rolebindings`

export const uploadConfiguration: ProvisionStep = {
  id: 'cluster-config/upload',
  title: "Storing the cluster's configuration",
  // For each part, the object that the phase creates last.
  isDone: async (host, params) =>
    (await isCurrent(host, params)) &&
    (await isOfKubelets(host, params)) &&
    existInApi(host, params, [
      `${SYSTEM}/kubeadm:nodes-kubeadm-config`,
      '/api/v1/namespaces/kube-system/configmaps/kubelet-config',
      `${SYSTEM}/kubeadm:kubelet-config`,
    ]),
  async apply(host, params, context) {
    await kubeadmPhase(host, ['upload-config', 'all'], WITH_ETCD, context)
    const identity = identityFor(params)
    // The phase keeps annotations of others.
    if (identity === (await storedIdentity(host, params))) return
    const annotation = `${CONFIGURATION_ANNOTATION}${identity === undefined ? '-' : `=${identity}`}`
    const args = ['annotate', '--overwrite', 'configmap', 'kubeadm-config', annotation]
    await kubectl(host, params, ['-n', 'kube-system', ...args], context)
  },
}

interface ConfigMap {
  metadata?: { annotations?: Record<string, string> }
  data?: Record<string, string>
}

function identityFor({ cluster: { certSANs, overrides } }: ProvisionParams): string | undefined {
  return identityOfSettings({ certSANs, kubeadm: overrides.kubeadm, kubelet: overrides.kubelet })
}

const STORED = '/api/v1/namespaces/kube-system/configmaps/kubeadm-config'
const identityIn = (found: ConfigMap | undefined) => found?.metadata?.annotations?.[CONFIGURATION_ANNOTATION]
const storedIdentity = async (host: HostView, params: ProvisionParams) =>
  identityIn(await readApi<ConfigMap>(host, params, STORED))

async function isCurrent(host: HostView, params: ProvisionParams): Promise<boolean> {
  const [found, own] = await Promise.all([readApi<ConfigMap>(host, params, STORED), clusterConfigurationOn(host)])
  if (identityIn(found) !== identityFor(params)) return false
  const stored = await configurationIn(found?.data?.ClusterConfiguration)
  const isOfVersion = stored?.kubernetesVersion === params.cluster.kubernetesVersion
  return isOfVersion && (own === undefined || stored?.controlPlaneEndpoint === own.controlPlaneEndpoint)
}

/** Workers get the configuration of their kubelets from the cluster. */
async function isOfKubelets(host: HostView, params: ProvisionParams): Promise<boolean> {
  const wanted = (await host.read(KUBEADM_CONFIG))?.includes(REQUESTS) === true
  const path = '/api/v1/namespaces/kube-system/configmaps/kubelet-config'
  const stored = (await readApi<{ data?: Record<string, string> }>(host, params, path))?.data?.kubelet
  return !wanted || stored?.includes(REQUESTS) === true
}

const REQUESTS = '\nserverTLSBootstrap: true\n'

export const bindRights: ProvisionStep = {
  id: 'cluster-config/bind-rights',
  marks: 'admits-nodes',
  title: 'Granting nodes the permissions to join and to renew their certificates',
  isDone: async (host, params) =>
    (await isPublished(host, params)) &&
    existInApi(host, params, [
      `${RBAC}/clusterrolebindings/kubeadm:node-autoapprove-certificate-rotation`,
      `${RBAC}/namespaces/kube-public/rolebindings/kubeadm:bootstrap-signer-clusterinfo`,
    ]),
  apply: (host, _params, context) => kubeadmPhase(host, ['bootstrap-token', '--skip-token-print'], WITH_ETCD, context),
}

/** Whether nodes that join are told where the API is now. */
async function isPublished(host: HostView, params: ProvisionParams): Promise<boolean> {
  const path = '/api/v1/namespaces/kube-public/configmaps/cluster-info'
  const [found, server] = await Promise.all([readApi<ConfigMap>(host, params, path), serverOnMaster(host)])
  return found !== undefined && (server === undefined || serverIn(found.data?.kubeconfig) === server)
}
