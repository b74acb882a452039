import { existInApi } from '../../kubernetes/api.ts'
import { kubeadmPhase, WITH_ETCD } from '../../kubernetes/kubeadm-phase.ts'
import type { ProvisionStep } from '../../kubernetes/provision.ts'

const SYSTEM = '/namespaces/kube-system'

export const applyKubeProxy: ProvisionStep = {
  id: 'kube-proxy/apply',
  title: 'Applying kube-proxy',
  isDone: (host, params) =>
    existInApi(host, params, [
      `/api/v1${SYSTEM}/configmaps/kube-proxy`,
      `/apis/apps/v1${SYSTEM}/daemonsets/kube-proxy`,
      `/apis/rbac.authorization.k8s.io/v1${SYSTEM}/rolebindings/kube-proxy`,
      '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/kubeadm:node-proxier',
    ]),
  apply: (host, _params, context) => kubeadmPhase(host, ['addon', 'kube-proxy'], WITH_ETCD, context),
}
