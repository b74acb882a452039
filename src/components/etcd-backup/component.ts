import type { ProvisionComponent } from '../../provision/provision.ts'
import { installStep } from '../../provision/steps/install-step.ts'
import { configure, startTimer } from './steps.ts'

export const installEtcdutl = installStep('etcd-backup/install-binary', 'Installing etcdutl', 'binary', ['etcdutl'])

/** A timer of systemd that backs etcd up, also without agent and controller. A bundle of an earlier build has no etcdutl. */
export const etcdBackup: ProvisionComponent = {
  id: 'etcd-backup',
  after: ['etcd'],
  steps: ({ bundleStore }) =>
    bundleStore.manifest.files.some(({ name }) => name === 'etcdutl') ? [installEtcdutl, configure, startTimer] : [],
}
