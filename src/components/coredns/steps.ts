import type { HostView } from '../../host/host.ts'
import { existInApi, readApi } from '../../provision/api/api.ts'
import { kubeadmPhase, WITH_ETCD } from '../../provision/kubeadm/kubeadm-phase.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

const SYSTEM = '/namespaces/kube-system'
const DEPLOYMENT = `/apis/apps/v1${SYSTEM}/deployments/coredns`

export const applyCoreDns: ProvisionStep = {
  id: 'coredns/apply',
  title: 'Applying CoreDNS',
  isDone: async (host, params) =>
    (await isScaledUp(host, params)) &&
    (await existInApi(host, params, [
      `/api/v1${SYSTEM}/configmaps/coredns`,
      '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/system:coredns',
      `/api/v1${SYSTEM}/serviceaccounts/coredns`,
      `/api/v1${SYSTEM}/services/kube-dns`,
    ])),
  apply: (host, _params, context) => kubeadmPhase(host, ['addon', 'coredns'], WITH_ETCD, context),
}

/** kubeadm keeps the number of replicas that it finds, unless a patch sets one, as Cantrip's does. */
async function isScaledUp(host: HostView, params: ProvisionParams): Promise<boolean> {
  const found = await readApi<{ spec?: { replicas?: number } }>(host, params, DEPLOYMENT)
  return found !== undefined && found.spec?.replicas !== 0
}
