import type { ProvisionComponent } from '../../provision/provision.ts'
import { finalizeKubelet } from './finalize-kubelet.ts'
import { awaitApi, awaitConnection, startKubelet, writeManifest } from './steps.ts'
import { useCertificates } from './use-certificates.ts'

export const apiServer: ProvisionComponent = {
  id: 'api-server',
  after: ['api-server-images', 'preflight', 'cni-plugins', 'node-dns'],
  steps: () => [writeManifest, startKubelet, useCertificates, awaitConnection, finalizeKubelet, awaitApi],
}
