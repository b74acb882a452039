import { installStep } from '../../kubernetes/install-step.ts'
import type { ProvisionComponent } from '../../kubernetes/provision.ts'
import { issueCertificates } from './certificates.ts'
import { startService, writeConfiguration } from './steps.ts'

/** A member of etcd under systemd, ahead of kubeadm, which is told of it as an external one. */
export const etcd: ProvisionComponent = {
  id: 'etcd',
  after: [],
  steps: () => [
    installStep('etcd/install-binaries', 'Installing etcd', 'binary', ['etcd', 'etcdctl']),
    issueCertificates,
    writeConfiguration,
    startService,
  ],
}
