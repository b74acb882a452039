import type { BundleFile } from '../../bundle/format.ts'
import type { StepContext } from '../../engine/step.ts'
import type { Host } from '../../host/host.ts'
import type { BundleStore, ProvisionParams } from '../params.ts'
import type { ProvisionStep } from '../provision.ts'
import { bundleImageStates, importImage, keepImage } from './containerd-images.ts'

/** Unpacking uses CPU and disk: more imports at a time would only delay the first one. */
const CONCURRENCY = 2
const IMPORTED = 'containerd has the image, and the controller has the archive'

/** A step that fetches images of the bundle in the given order, and imports each one as soon as it is fetched. */
export function importStep(
  id: string,
  title: string,
  choose: (params: ProvisionParams) => BundleFile[],
): ProvisionStep {
  return {
    id,
    title,
    async isDone(host, params) {
      const images = choose(params)
      const stateOf = await bundleImageStates(
        host,
        images.map(({ name }) => name),
      )
      const archives = await Promise.all(images.map((image) => host.stat(params.bundleStore.pathOf(image))))
      return images.every(({ name }, index) => stateOf(name).state === 'kept' && archives[index] === undefined)
    },
    apply: (host, params, context) => keepImages(host, params.bundleStore, choose(params), context),
  }
}

/** Imports the images that are missing, and pins those that are not pinned. */
export async function keepImages(
  host: Host,
  bundleStore: BundleStore,
  images: readonly BundleFile[],
  { signal, progress }: Pick<StepContext, 'signal' | 'progress'>,
): Promise<void> {
  const stateOf = await bundleImageStates(
    host,
    images.map(({ name }) => name),
  )
  for (const image of images) {
    const { state, digest } = stateOf(image.name)
    if (digest === undefined) continue
    if (state === 'loose') await keepImage(host, image.name, digest, signal)
    await host.discard(bundleStore.pathOf(image), IMPORTED)
  }
  const missing = images.filter(({ name }) => stateOf(name).state === 'missing')
  let done = 0
  const queue = missing.values()
  const worker = async () => {
    for (const image of queue) {
      const archive = await bundleStore.fetch(host, image, undefined, signal)
      await importImage(host, image.name, archive, signal)
      await host.discard(archive, IMPORTED)
      done += 1
      progress(done, missing.length, 'items')
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}
