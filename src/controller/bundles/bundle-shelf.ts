import type { Arch } from '../../bundle/arch.ts'
import type { BundleRef } from '../../bundle/format.ts'
import { listBundles, type StoredBundle } from '../../bundle/import.ts'

/** The imported bundles, as of the last refresh. */
export class BundleShelf {
  readonly #dataDirectory: string
  readonly #log: (line: string) => void
  #bundles: readonly StoredBundle[] = []
  #damaged = new Set<string>()

  constructor(dataDirectory: string, log: (line: string) => void) {
    this.#dataDirectory = dataDirectory
    this.#log = log
  }

  /** Reads the directory again: bundles are imported by another process. A damaged one is logged once, and not used. */
  async refresh(): Promise<void> {
    const { bundles, damaged } = await listBundles(this.#dataDirectory)
    this.#bundles = bundles
    for (const { manifestSha256, error } of damaged)
      if (!this.#damaged.has(manifestSha256)) this.#log(`${error.message} (${error.code}); fix: ${error.fix}`)
    this.#damaged = new Set(damaged.map(({ manifestSha256 }) => manifestSha256))
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
