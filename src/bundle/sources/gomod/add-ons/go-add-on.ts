import type { KubernetesObject } from '../../../../add-ons/objects.ts'
import type { Image } from '../../../make/image.ts'
import type { BaseSystem } from '../../../make/libraries.ts'
import type { VersionSet } from '../../../versions/sets.ts'
import type { WrittenDescription } from '../../add-ons/describe.ts'
import type { GoComponent } from '../components.ts'

/** An add-on whose programs are built from Go modules. */
export interface GoAddOn {
  description: WrittenDescription
  objects: readonly KubernetesObject[]
  /** `seconds`: CPU time, measured after the other components were built. */
  components(versions: VersionSet): readonly { component: GoComponent; seconds: number }[]
  /** `binary`: the path of an executable of its components. */
  images(base: BaseSystem, binary: (name: string) => string): Promise<Omit<Image, 'arch'>[]>
}

/** Published modules of Kubernetes, in the version of the bundle: most of what is compiled is in the cache then. */
export function kubernetesModules(versions: VersionSet): NonNullable<GoComponent['staging']> {
  const [, minor, patch] = versions.kubernetes.split('.')
  return { of: 'k8s.io/kubernetes', at: versions.kubernetes, version: `v0.${minor}.${patch}` }
}
