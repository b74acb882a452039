import type { Arch } from '../../bundle/arch.ts'
import type { BundleRef } from '../../bundle/format.ts'
import { listBundles, type StoredBundle } from '../../bundle/import.ts'

/** The imported bundles, as of the last refresh. */
export class BundleShelf {
  readonly #dataDirectory: string
  #bundles: readonly StoredBundle[] = []

  constructor(dataDirectory: string) {
    this.#dataDirectory = dataDirectory
  }

  /** Reads the directory again: bundles are imported by another process. */
  async refresh(): Promise<void> {
    this.#bundles = await listBundles(this.#dataDirectory)
  }

  get(manifestSha256: string): StoredBundle | undefined {
    return this.#bundles.find((bundle) => bundle.manifestSha256 === manifestSha256)
  }

  /** The newest bundle for a version and an architecture. */
  pick(kubernetesVersion: string, arch: Arch): BundleRef | undefined {
    const found = this.#bundles.find(
      ({ manifest }) => manifest.kubernetesVersion === kubernetesVersion && manifest.arch === arch,
    )
    return found && { name: found.manifest.name, manifestSha256: found.manifestSha256, publicKey: found.publicKey }
  }

  names(): string[] {
    return this.#bundles.map(({ manifest }) => manifest.name)
  }
}
