import { AGENT_IMAGE, IMAGES } from '../../bundle/contents.ts'
import { refusal } from '../domain/admission.ts'
import type { HasBundles } from '../ports.ts'

const OWN = [...Object.keys(IMAGES), AGENT_IMAGE]

/** Throws `images/in-bundle` for images that come with a bundle: a node must have those of its bundle. */
export function refuseBundled({ bundles }: HasBundles, names: readonly string[]): void {
  const files = bundles.all().flatMap(({ manifest }) => manifest.files)
  const bundled = new Set(files.flatMap(({ role, name }) => (role === 'image' ? [name] : [])))
  const isBundled = (name: string) => bundled.has(name) || OWN.some((repository) => name.startsWith(`${repository}:`))
  const found = names.filter(isBundled)
  if (found.length === 0) return
  throw refusal(
    'images/in-bundle',
    `found ${found.join(', ')}: nodes have such images from their bundle, and no other`,
    'leave them out of the archive; for another version of Kubernetes or of an add-on, import a bundle and upgrade the cluster',
  )
}
