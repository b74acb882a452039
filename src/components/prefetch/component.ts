import type { ProvisionComponent } from '../../provision/provision.ts'
import { fetchExecutables } from './steps.ts'

/** Fetched before anything changes, so that a controller that is away later does not leave a node half upgraded. */
export const prefetch: ProvisionComponent = {
  id: 'prefetch',
  after: [],
  steps: () => [fetchExecutables],
}
