import type { HostView } from '../../host/host.ts'
import { existInApi, readApi } from '../../provision/api/api.ts'
import { kubeadmPhase, WITH_ETCD } from '../../provision/kubeadm/kubeadm-phase.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

const RBAC = '/apis/rbac.authorization.k8s.io/v1'
const SYSTEM = `${RBAC}/namespaces/kube-system/rolebindings`

export const uploadConfiguration: ProvisionStep = {
  id: 'cluster-config/upload',
  title: "Storing the cluster's configuration",
  // For each part, the object that the phase creates last.
  isDone: async (host, params) =>
    (await isOfVersion(host, params)) &&
    existInApi(host, params, [
      `${SYSTEM}/kubeadm:nodes-kubeadm-config`,
      '/api/v1/namespaces/kube-system/configmaps/kubelet-config',
      `${SYSTEM}/kubeadm:kubelet-config`,
    ]),
  apply: (host, _params, context) => kubeadmPhase(host, ['upload-config', 'all'], WITH_ETCD, context),
}

async function isOfVersion(host: HostView, params: ProvisionParams): Promise<boolean> {
  const path = '/api/v1/namespaces/kube-system/configmaps/kubeadm-config'
  const stored = (await readApi<{ data?: Record<string, string> }>(host, params, path))?.data?.ClusterConfiguration
  return stored?.includes(`\nkubernetesVersion: ${params.cluster.kubernetesVersion}\n`) === true
}

export const bindRights: ProvisionStep = {
  id: 'cluster-config/bind-rights',
  marks: 'admits-nodes',
  title: 'Granting nodes the permissions to join and to renew their certificates',
  isDone: (host, params) =>
    existInApi(host, params, [
      `${RBAC}/clusterrolebindings/kubeadm:node-autoapprove-certificate-rotation`,
      '/api/v1/namespaces/kube-public/configmaps/cluster-info',
      `${RBAC}/namespaces/kube-public/rolebindings/kubeadm:bootstrap-signer-clusterinfo`,
    ]),
  apply: (host, _params, context) => kubeadmPhase(host, ['bootstrap-token', '--skip-token-print'], WITH_ETCD, context),
}
