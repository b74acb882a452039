import type { ProvisionComponent } from '../../provision/provision.ts'
import { applyCoreDns } from './steps.ts'

/** Applied after the pod network: a pod that is created earlier gets no address, and the kubelet retries 10 s later. */
export const coredns: ProvisionComponent = {
  id: 'coredns',
  after: ['add-on-images', 'kube-proxy', 'cni'],
  steps: () => [applyCoreDns],
}
