import { digestName, repositoryOf } from '../../provision/images/containerd-images.ts'

/** A name of an image in containerd. */
export interface NamedImage {
  name: string
  digest: string
}

/** `v1.46.3`, `3.10.2`: tags that have an order. */
const VERSION = /^v?\d+(?:\.\d+)*$/

/**
 * The names of the images that neither this bundle nor the one before it has. `present`: pinned ones; `used`: names that containers use.
 * Of each repository of the bundle, the newest other version stays: until the add-ons are upgraded, pods that move to this node need it.
 */
export function outdatedNames(
  bundle: readonly string[],
  present: readonly NamedImage[],
  used: ReadonlySet<string>,
): string[] {
  const names = new Set(present.map(({ name }) => name))
  const others = present.filter(({ name }) => !name.includes('@') && !bundle.includes(name))
  const ofBundle = new Set(bundle.map(repositoryOf))
  const byRepository = Map.groupBy(
    others.filter(({ name }) => ofBundle.has(repositoryOf(name)) && VERSION.test(tagOf(name))),
    ({ name }) => repositoryOf(name),
  )
  const old = [...byRepository.values()].flatMap((versions) => versions.sort(newestFirst).slice(1))
  const gone = old.filter(({ name, digest }) => !used.has(name) && !used.has(digestName(name, digest)))
  const kept = new Set(present.filter((each) => !gone.includes(each) && !each.name.includes('@')).map(nameOfDigest))
  return gone.flatMap((image) => {
    const digest = nameOfDigest(image)
    return names.has(digest) && !kept.has(digest) ? [image.name, digest] : [image.name]
  })
}

const tagOf = (name: string) => name.slice(repositoryOf(name).length + 1)
const nameOfDigest = ({ name, digest }: NamedImage) => digestName(name, digest)
const newestFirst = (a: NamedImage, b: NamedImage) =>
  tagOf(b.name).localeCompare(tagOf(a.name), 'en', { numeric: true })
