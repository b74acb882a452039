import v1_35 from './1.35.json' with { type: 'json' }
import v1_36 from './1.36.json' with { type: 'json' }
import v1_37 from './1.37.json' with { type: 'json' }

/**
 * The versions of the components of a bundle: one set, in one file, for each minor version of Kubernetes. They are tested
 * together; the tags of images are those that kubeadm and the manifests of that version require. `sources`: versions of Go
 * modules that differ from the version of the program, and of helm, which renders Cilium's chart.
 */
export type VersionSet = Readonly<Omit<typeof v1_36, 'sources'>> & { readonly sources: Readonly<typeof v1_36.sources> }
export type Versioned = Exclude<keyof VersionSet, 'sources'>

/** The default versions of clusters and bundles. */
export const DEFAULT_VERSIONS: VersionSet = v1_36

export const VERSION_SETS: readonly VersionSet[] = [v1_35, v1_36, v1_37]

/** The set for this version of Kubernetes. */
export function versionSet(version: string): VersionSet | undefined {
  return VERSION_SETS.find(({ kubernetes }) => kubernetes === version)
}
