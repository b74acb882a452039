import type { ProvisionComponent } from '../../provision/provision.ts'
import { remove } from './steps.ts'

export const oldImages: ProvisionComponent = {
  id: 'old-images',
  after: [],
  steps: () => [remove],
}
