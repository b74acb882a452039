import { containerdPrograms } from '../../base/layout.ts'
import type { ProvisionComponent } from '../../provision/provision.ts'
import { installStep } from '../../provision/steps/install-step.ts'
import { useBakedImages } from './baked-images.ts'
import { writeMirrors } from './mirrors.ts'
import { startService, writeConfiguration } from './steps.ts'

const NAMES = ['containerd', 'containerd-shim-runc-v2', 'ctr', 'runc']

export const installContainerd = installStep(
  'containerd/install-binaries',
  'Installing containerd and runc',
  'binary',
  NAMES,
  containerdPrograms,
)

export const containerd: ProvisionComponent = {
  id: 'containerd',
  after: ['kernel'],
  steps: () => [installContainerd, writeConfiguration, writeMirrors, useBakedImages, startService],
}
