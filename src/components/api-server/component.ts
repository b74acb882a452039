import type { ProvisionComponent } from '../../provision/provision.ts'
import { finalizeKubelet } from './finalize-kubelet.ts'
import { awaitApi, awaitConnection, startAgain, startKubelet, writeManifest } from './steps.ts'
import { useCertificates } from './use-certificates.ts'

export const apiServer: ProvisionComponent = {
  id: 'api-server',
  after: ['etcd', 'api-server-images', 'preflight', 'cni-plugins', 'node-dns'],
  steps: ({ restore }) =>
    restore
      ? [startAgain, awaitApi]
      : [writeManifest, startKubelet, useCertificates, awaitConnection, finalizeKubelet, awaitApi],
}
