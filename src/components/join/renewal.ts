import type { ProvisionComponent } from '../../provision/provision.ts'
import { acceptInvitation, startKubelet } from './steps.ts'

/** Invites a worker again whose kubelet was off until its certificate had expired. */
export const joinRenewal: ProvisionComponent = {
  id: 'join',
  after: [],
  steps: () => [acceptInvitation, startKubelet],
}
