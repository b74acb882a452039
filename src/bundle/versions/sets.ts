import v1_36 from './1.36.json' with { type: 'json' }

/**
 * The versions that make up a bundle: one set, in a file of its own, for each minor version of Kubernetes. Its members are
 * known to work with one another; the tags of images are those that kubeadm and the manifests of that version ask for.
 * `sources`: Go modules whose version is not that of the program, and the tool that renders Cilium's chart.
 */
export type VersionSet = Readonly<Omit<typeof v1_36, 'sources'>> & { readonly sources: Readonly<typeof v1_36.sources> }
export type Versioned = Exclude<keyof VersionSet, 'sources'>

/** What clusters and bundles get unless somebody says otherwise. */
export const DEFAULT_VERSIONS: VersionSet = v1_36

export const VERSION_SETS: readonly VersionSet[] = [v1_36]

/** `version`: of Kubernetes. */
export function versionSet(version: string): VersionSet | undefined {
  return VERSION_SETS.find(({ kubernetes }) => kubernetes === version)
}
