import { kubeadmPhase, WITH_ITS_DIRECTORY } from '../../provision/kubeadm/kubeadm-phase.ts'
import { hasManifests, syncManifests } from '../../provision/kubeadm/static-pods.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

const MANIFESTS = ['kube-controller-manager', 'kube-scheduler']

export const writeManifests: ProvisionStep = {
  id: 'controllers/write-manifests',
  title: 'Writing the manifests of controllers and scheduler',
  isDone: (host) => hasManifests(host, MANIFESTS),
  async apply(host, _params, context) {
    await Promise.all(
      ['controller-manager', 'scheduler'].map((name) =>
        kubeadmPhase(host, ['control-plane', name], WITH_ITS_DIRECTORY, context),
      ),
    )
    await syncManifests(host, MANIFESTS, context)
  },
}
