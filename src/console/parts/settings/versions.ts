import { VERSION_SETS } from '../../../bundle/versions/sets.ts'
import type { BundleView } from '../../../protocol/api/bundles.ts'
import { compareVersions } from '../../../protocol/kubernetes-version.ts'
import { IMPORT_BUNDLE } from '../values/commands.ts'

export interface VersionChoice {
  version: string
  /** Of the machines for which there is a bundle. */
  archs: readonly string[]
  /** Why it cannot be chosen. */
  whyNot: string | undefined
}

type Bundles = readonly Pick<BundleView, 'kubernetesVersion' | 'arch'>[]

/** Why a cluster cannot have this version. Before the first bundle is imported, it can have any. */
export function whyNotVersion(bundles: Bundles, version: string): string | undefined {
  if (bundles.length === 0 || bundles.some((each) => each.kubernetesVersion === version)) return undefined
  return `There is no bundle of ${version}. Choose another version, or import one: ${IMPORT_BUNDLE}`
}

/** All versions that are known here, the newest first. */
export function versionChoices(bundles: Bundles): VersionChoice[] {
  const known = [...VERSION_SETS.map(({ kubernetes }) => kubernetes), ...bundles.map((each) => each.kubernetesVersion)]
  return [...new Set(known)]
    .sort((a, b) => compareVersions(b, a))
    .map((version) => {
      const archs = bundles.filter((each) => each.kubernetesVersion === version).map(({ arch }) => arch)
      return { version, archs, whyNot: whyNotVersion(bundles, version) }
    })
}
