import type { ProvisionComponent } from '../../provision/provision.ts'
import { installStep } from '../../provision/steps/install-step.ts'
import { issueCertificates } from './certificates.ts'
import { keepToData } from './data.ts'
import { joinMembers, promote } from './join.ts'
import { awaitOthers, replaceData, verifyBackup } from './restore/become-founder.ts'
import { awaitFounder, stopMember } from './restore/join-founder.ts'
import { stopControlPlane } from './restore/stop-control-plane.ts'
import { startService, writeConfiguration } from './steps.ts'

export const installEtcd = installStep('etcd/install-binaries', 'Installing etcd', 'binary', ['etcd', 'etcdctl'])

/**
 * What the member of a running cluster is started with. The component exchange restarts it with `startService`,
 * while no API server watches. Its data stays, and it is never removed from the cluster for that.
 */
export const etcdMember: ProvisionComponent = {
  id: 'etcd',
  after: [],
  steps: () => [installEtcd, issueCertificates, writeConfiguration, keepToData],
}

/** The master that has the data, and those that get it from it. */
const BECOME_FOUNDER = [verifyBackup, stopControlPlane, awaitOthers, replaceData, startService, keepToData]
const JOIN_FOUNDER = [stopControlPlane, stopMember, awaitFounder, joinMembers, startService, keepToData, promote]

/** An etcd member as a systemd service. kubeadm is configured to use it as an external etcd. */
export const etcd: ProvisionComponent = {
  id: 'etcd',
  after: ['shared-keys'],
  steps: ({ task, restore, node }) => {
    if (restore) return restore.source === node.name ? BECOME_FOUNDER : JOIN_FOUNDER
    return task === 'first-master'
      ? [installEtcd, issueCertificates, writeConfiguration, startService, keepToData]
      : [installEtcd, issueCertificates, joinMembers, startService, keepToData, promote]
  },
}
