import type { ProvisionComponent } from '../../provision/provision.ts'
import { installStep } from '../../provision/steps/install-step.ts'
import { issueCertificates } from './certificates.ts'
import { keepToData } from './data.ts'
import { joinMembers, promote } from './join.ts'
import { startService, writeConfiguration } from './steps.ts'

const install = installStep('etcd/install-binaries', 'Installing etcd', 'binary', ['etcd', 'etcdctl'])

/** An etcd member as a systemd service. kubeadm is configured to use it as an external etcd. */
export const etcd: ProvisionComponent = {
  id: 'etcd',
  after: ['shared-keys'],
  steps: ({ task }) =>
    task === 'first-master'
      ? [install, issueCertificates, writeConfiguration, startService, keepToData]
      : [install, issueCertificates, joinMembers, startService, keepToData, promote],
}
