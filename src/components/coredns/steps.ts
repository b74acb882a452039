import type { HostView } from '../../host/host.ts'
import { existInApi, readApi } from '../../provision/api/api.ts'
import { kubectl } from '../../provision/api/kubectl.ts'
import { CONFIGURATION_ANNOTATION, identityIn, patchPath } from '../../provision/kubeadm/identity.ts'
import { kubeadmPhase, WITH_ETCD } from '../../provision/kubeadm/kubeadm-phase.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { KUBEADM_PATCHES } from '../../provision/paths.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

const SYSTEM = '/namespaces/kube-system'
const DEPLOYMENT = `/apis/apps/v1${SYSTEM}/deployments/coredns`

export const applyCoreDns: ProvisionStep = {
  id: 'coredns/apply',
  title: 'Applying CoreDNS',
  isDone: async (host, params) =>
    (await isCurrent(host, params)) &&
    (await existInApi(host, params, [
      `/api/v1${SYSTEM}/configmaps/coredns`,
      '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/system:coredns',
      `/api/v1${SYSTEM}/serviceaccounts/coredns`,
      `/api/v1${SYSTEM}/services/kube-dns`,
    ])),
  async apply(host, params, context) {
    const before = (await readApi<Deployment>(host, params, DEPLOYMENT))?.spec?.replicas ?? 0
    await kubeadmPhase(host, ['addon', 'coredns'], WITH_ETCD, context)
    const now = (await readApi<Deployment>(host, params, DEPLOYMENT))?.spec?.replicas ?? 0
    if (before <= now) return
    // The patch sets a number. A higher one is that of an administrator.
    const scale = ['--namespace=kube-system', 'scale', 'deployment/coredns', `--replicas=${before}`]
    await kubectl(host, params, scale, context)
  },
}

interface Deployment {
  metadata?: { annotations?: Record<string, string> }
  spec?: { replicas?: number }
}

/** One that was scaled down to 0 is applied again. */
async function isCurrent(host: HostView, params: ProvisionParams): Promise<boolean> {
  const [found, patch] = await Promise.all([
    readApi<Deployment>(host, params, DEPLOYMENT),
    host.read(patchPath(KUBEADM_PATCHES, 'corednsdeployment')),
  ])
  const written = found?.metadata?.annotations?.[CONFIGURATION_ANNOTATION]
  return written !== undefined && written === identityIn(patch) && found?.spec?.replicas !== 0
}
