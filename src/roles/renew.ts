import { etcdRenewal } from '../components/etcd/renewal.ts'
import { join } from '../components/join/component.ts'
import { kubeadmRenewal } from '../components/kubeadm/renewal.ts'
import { readiness } from '../components/readiness/component.ts'
import type { Workflow } from '../engine/step.ts'
import type { ProvisionParams } from '../provision/params.ts'

/** Renews the certificates of a master with the CA keys on its disk. Nothing is downloaded. */
export const renewMaster: Workflow<ProvisionParams> = {
  id: 'renew',
  components: [etcdRenewal, kubeadmRenewal, readiness],
}

/** The kubelet of a worker renews its certificate itself; one that was off for too long is invited again. */
export const renewWorker: Workflow<ProvisionParams> = {
  id: 'renew',
  components: [join, readiness],
}
