import type { ProvisionComponent } from '../../provision/provision.ts'
import { runPreflight } from './steps.ts'

/** kubeadm's preflight checks, which run while images are imported. */
export const preflight: ProvisionComponent = {
  id: 'preflight',
  after: ['kernel', 'containerd', 'etcd', 'kubeadm', 'kubelet', 'storage'],
  steps: () => [runPreflight],
}
