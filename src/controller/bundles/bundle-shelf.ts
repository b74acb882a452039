import { errorMessage } from '../../base/text/error-message.ts'
import type { Arch } from '../../bundle/arch.ts'
import { addCopies } from '../../bundle/compression/copies.ts'
import { deletedBundles, removeWithdrawn, withdrawBundle } from '../../bundle/deleted.ts'
import { exists } from '../../bundle/exists.ts'
import type { BundleRef } from '../../bundle/format.ts'
import { bundleDirectory, listBundles, type StoredBundle } from '../../bundle/import.ts'

/** The imported bundles, as of the last refresh. */
export class BundleShelf {
  readonly #dataDirectory: string
  readonly #log: (line: string) => void
  readonly #list: typeof listBundles
  readonly #remove: typeof removeWithdrawn
  #bundles: readonly StoredBundle[] = []
  #damaged = new Set<string>()

  constructor(dataDirectory: string, log: (line: string) => void, list = listBundles, remove = removeWithdrawn) {
    this.#dataDirectory = dataDirectory
    this.#log = log
    this.#list = list
    this.#remove = remove
  }

  /** Reads the directory again: bundles are imported by another process. A damaged one is logged once, and not used. */
  async refresh(): Promise<void> {
    const { bundles, damaged } = await this.#list(this.#dataDirectory)
    this.#bundles = bundles
    for (const { manifestSha256, error } of damaged)
      if (!this.#damaged.has(manifestSha256)) this.#log(`${error.message} (${error.code}); fix: ${error.fix}`)
    this.#damaged = new Set(damaged.map(({ manifestSha256 }) => manifestSha256))
  }

  /** One that was imported after the last refresh, too. What nobody imported costs one look at the disk. */
  async find(manifestSha256: string): Promise<StoredBundle | undefined> {
    const known = () => this.#bundles.find((bundle) => bundle.manifestSha256 === manifestSha256)
    if (known() || !(await exists(bundleDirectory(this.#dataDirectory, manifestSha256)))) return known()
    await this.refresh()
    return known()
  }

  /** The newest bundle for a version and an architecture. */
  pick(kubernetesVersion: string, arch: Arch): BundleRef | undefined {
    const found = this.#bundles.find(
      ({ manifest }) => manifest.kubernetesVersion === kubernetesVersion && manifest.arch === arch,
    )
    return found && { name: found.manifest.name, manifestSha256: found.manifestSha256, publicKey: found.publicKey }
  }

  /** Of the bundles for an architecture. */
  versions(arch: Arch): string[] {
    const found = this.#bundles.filter(({ manifest }) => manifest.arch === arch)
    return [...new Set(found.map(({ manifest }) => manifest.kubernetesVersion))]
  }

  /** For other controllers. */
  shared(): { sha256: string; publicKey: string }[] {
    return this.#bundles.map(({ manifestSha256: sha256, publicKey }) => ({ sha256, publicKey }))
  }

  /** By its name, or the beginning of its manifest's hash: at least the 12 digits that lists show. Damaged ones have no name. */
  named(query: string): (Pick<StoredBundle, 'manifestSha256'> & Partial<Pick<StoredBundle, 'manifest'>>)[] {
    const isIt = (sha256: string) => query.length >= 12 && sha256.startsWith(query)
    const damaged = [...this.#damaged].map((manifestSha256) => ({ manifestSha256 }))
    return [
      ...this.#bundles.filter(({ manifest, manifestSha256 }) => manifest.name === query || isIt(manifestSha256)),
      ...damaged.filter(({ manifestSha256 }) => isIt(manifestSha256)),
    ]
  }

  /** Durable when it resolves. If it rejects, the bundle may be gone, and the next start removes its files. */
  async delete(manifestSha256: string): Promise<void> {
    await withdrawBundle(this.#dataDirectory, manifestSha256)
    await this.refresh()
    await this.#remove(this.#dataDirectory)
  }

  /** Completes deletions that were interrupted. A failure is logged: those bundles are not used in any case. */
  async completeDeletions(): Promise<void> {
    await this.#remove(this.#dataDirectory).catch((error: unknown) =>
      this.#log(`cannot remove the files of deleted bundles: ${errorMessage(error)}`),
    )
  }

  /**
   * Starts to make the compressed copies that bundles lack. A failure is logged: nodes get those files as they are. Returns what stops
   * it.
   */
  addCopies(): () => Promise<void> {
    const stop = new AbortController()
    const add = async () => {
      for (const bundle of this.#bundles) {
        await addCopies(bundle, stop.signal).catch((error: unknown) => {
          if (!stop.signal.aborted) this.#log(`cannot compress ${bundle.manifest.name}: ${errorMessage(error)}`)
        })
      }
    }
    const added = add()
    return () => {
      stop.abort()
      return added
    }
  }

  /** The manifest hashes of the bundles that an administrator deleted here, and did not import again. */
  deleted(): Promise<string[]> {
    return deletedBundles(this.#dataDirectory)
  }

  /** Those that are whole. */
  all(): readonly StoredBundle[] {
    return this.#bundles
  }

  names(): string[] {
    return this.#bundles.map(({ manifest }) => manifest.name)
  }
}
