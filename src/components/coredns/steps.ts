import { existInApi } from '../../kubernetes/api.ts'
import { kubeadmPhase, WITH_ETCD } from '../../kubernetes/kubeadm-phase.ts'
import type { ProvisionStep } from '../../kubernetes/provision.ts'

const SYSTEM = '/namespaces/kube-system'

export const applyCoreDns: ProvisionStep = {
  id: 'coredns/apply',
  title: 'Applying CoreDNS',
  isDone: (host, params) =>
    existInApi(host, params, [
      `/api/v1${SYSTEM}/configmaps/coredns`,
      '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/system:coredns',
      `/api/v1${SYSTEM}/serviceaccounts/coredns`,
      `/apis/apps/v1${SYSTEM}/deployments/coredns`,
      `/api/v1${SYSTEM}/services/kube-dns`,
    ]),
  apply: (host, _params, context) => kubeadmPhase(host, ['addon', 'coredns'], WITH_ETCD, context),
}
