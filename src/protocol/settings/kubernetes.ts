import { DEFAULT_VERSIONS } from '../../bundle/versions/sets.ts'
import { KubernetesVersion } from '../names.ts'
import type { Settings } from './setting.ts'

export const kubernetes = {
  kubernetesVersion: {
    schema: KubernetesVersion,
    default: DEFAULT_VERSIONS.kubernetes,
    flag: '--kubernetes-version <version>',
    kind: 'text',
    help: 'version of Kubernetes; the controller needs a bundle of it',
    wanted: `v1.MINOR.PATCH, e.g. ${DEFAULT_VERSIONS.kubernetes}`,
    example: 'v1.35.1',
    show: { title: 'Kubernetes' },
    sentIn: 'cluster',
    isMutable: false,
  },
} as const satisfies Settings
