import { apiServerRenewal } from '../components/api-server/renewal.ts'
import { etcdRenewal } from '../components/etcd/renewal.ts'
import { joinRenewal } from '../components/join/renewal.ts'
import { kubeadmRenewal } from '../components/kubeadm/renewal.ts'
import { kubeletServing } from '../components/kubelet-serving/component.ts'
import { operatorRenewal } from '../components/operator/renewal.ts'
import { operatorCertificateRenewal } from '../components/operator-certificate/renewal.ts'
import { readiness } from '../components/readiness/component.ts'
import type { Workflow } from '../engine/step.ts'
import type { ProvisionParams } from '../provision/params.ts'

/** Renews the certificates of a master with the CA keys on its disk, without the controller. Nothing is downloaded. */
export const renewMasterAlone: Workflow<ProvisionParams> = {
  id: 'renew',
  components: [etcdRenewal, kubeadmRenewal, apiServerRenewal, readiness],
}

/** Also renews the operator's certificate, which the controller signs. */
export const renewMaster: Workflow<ProvisionParams> = {
  id: 'renew',
  components: [...renewMasterAlone.components, operatorCertificateRenewal, operatorRenewal, kubeletServing],
}

/** The kubelet of a worker renews its certificate itself; one that was off for too long is invited again. */
export const renewWorker: Workflow<ProvisionParams> = {
  id: 'renew',
  components: [joinRenewal, kubeletServing, readiness],
}
