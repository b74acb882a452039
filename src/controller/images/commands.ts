import { errorMessage } from '../../base/text/error-message.ts'
import { ARCHS, type Arch } from '../../bundle/arch.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import { archivesOf } from '../../protocol/images/archives-of.ts'
import { MAX_IMAGES_BYTES, MOST_IMAGES } from '../../protocol/images/limits.ts'
import type { ImageView } from '../../protocol/images/routes.ts'
import { clusterGone, refusal } from '../domain/admission.ts'
import { type ClusterData, type Draft, present } from '../domain/draft.ts'
import type { Cluster, ClusterImage } from '../domain/records.ts'
import type { HasImages } from '../ports.ts'
import { type Reconciling, reconcile } from '../reconcile/reconcile.ts'
import { mib } from './errors.ts'
import { takeImages } from './intake.ts'
import { refuseBundled } from './names.ts'
import { neededArchives } from './needed.ts'
import { imageViews } from './views.ts'

interface Asked {
  upload: string
  unpinned: boolean
  by: string
}

type Named = Pick<Cluster, 'id' | 'name'>
type Ports = Reconciling & HasImages

/** Adds the images of an uploaded archive. One that has the name of an earlier one replaces it. */
export async function addImages(
  ports: Ports,
  { id, name }: Named,
  { upload, unpinned, by }: Asked,
): Promise<ImageView[]> {
  const { archives, uploads } = ports.images
  await ports.bundles.refresh()
  return archives.inTurn(() =>
    uploads.use({ clusterId: id, sha256: upload }, async (file) => {
      const data = await ports.store.load(id)
      if (!data) throw clusterGone(name)
      const admit = (names: readonly string[], bytes: number) => {
        refuseBundled(ports, names)
        admitBeside(data.cluster, names, bytes)
      }
      const stored: string[] = []
      try {
        const onStored = (sha256: string) => void stored.push(sha256)
        const taken = await takeImages(file, archives, { needed: archsOf(data), admit, onStored })
        const addedAt = ports.now().toISOString()
        const images = taken.map((image): ClusterImage => ({ ...image, pinned: !unpinned, addedAt, addedBy: by }))
        const done = await reconcile(ports, id, (draft) => put(draft, images))
        if (!done) throw clusterGone(name)
        return imageViews(done.draft).filter((view) => images.some((image) => image.name === view.name))
      } catch (error) {
        await discardUnneeded(ports, stored)
        throw error
      }
    }),
  )
}

/** If the database does not answer, the sweep removes them later. */
async function discardUnneeded({ store, images, log }: Ports, stored: readonly string[]): Promise<void> {
  if (stored.length === 0) return
  try {
    const needed = await neededArchives(store)
    for (const sha256 of stored) if (!needed.has(sha256)) await images.archives.discard(sha256)
  } catch (error) {
    log(`archives of images that were not added cannot be removed yet: ${errorMessage(error)}`)
  }
}

function put(draft: Draft, images: readonly ClusterImage[]): void {
  const others = admitBeside(
    draft.cluster,
    images.map(({ name }) => name),
    bytesOf(images),
  )
  const all = [...others, ...images].sort((a, b) => (a.name < b.name ? -1 : 1))
  draft.setCluster({ images: all })
  for (const image of images) note(draft, image, 'added')
}

const removeSome = (cluster: string) =>
  remedy`remove images that nobody needs: ${{ do: 'cluster.images.list', cluster }}`

/** Throws if the cluster cannot have images with these names and so many bytes. Returns those that they do not replace. */
function admitBeside(cluster: Cluster, names: readonly string[], bytes: number): ClusterImage[] {
  admitCount(cluster, names)
  const others = cluster.images.filter(({ name }) => !names.includes(name))
  admitBytes(cluster, bytesOf(others) + bytes)
  return others
}

function admitCount({ name, images }: Cluster, names: readonly string[]): void {
  const count = new Set([...images.map((each) => each.name), ...names]).size
  if (count <= MOST_IMAGES) return
  throw refusal(
    'images/too-many',
    `cluster ${name} would have ${count} images; wanted at most ${MOST_IMAGES}`,
    removeSome(name),
  )
}

const bytesOf = (images: readonly ClusterImage[]) => images.flatMap(archivesOf).reduce((sum, { size }) => sum + size, 0)

function admitBytes({ name }: Cluster, bytes: number): void {
  if (bytes <= MAX_IMAGES_BYTES) return
  const found = `cluster ${name} would have images of ${mib(bytes)}; wanted at most ${mib(MAX_IMAGES_BYTES)}`
  throw refusal('images/too-many', found, removeSome(name))
}

/** Removes an image, also from the nodes. Its archive is removed later, unless another cluster has it. */
export async function removeImage(ports: Ports, { id, name }: Named, image: string): Promise<void> {
  const done = await reconcile(ports, id, (draft) => {
    const found = draft.cluster.images.find((each) => each.name === image)
    if (!found) {
      const fix = remedy`choose one of: ${{ do: 'cluster.images.list', cluster: name }}`
      throw refusal('images/unknown', `cluster ${name} has no image ${image} that was added`, fix)
    }
    draft.setCluster({ images: draft.cluster.images.filter((each) => each !== found) })
    note(draft, found, 'removed')
  })
  if (!done) throw clusterGone(name)
}

export async function listImages(ports: Ports, { id, name }: Named): Promise<ImageView[]> {
  const data = await ports.store.load(id)
  if (!data) throw clusterGone(name)
  return imageViews(data)
}

function note(draft: Draft, image: ClusterImage, state: 'added' | 'removed'): void {
  const at = draft.now.toISOString()
  const digest = archivesOf(image)[0]?.digest ?? ''
  const event = { kind: 'image-state' as const, at, image: image.name, digest, state }
  draft.addEvent({ at, nodeId: null, nodeSeq: null, runId: null, event })
}

/** Those of the nodes; all if none is known. */
function archsOf(data: ClusterData): ReadonlySet<Arch> {
  const found = present(data).flatMap(({ facts }) => facts?.os.arch ?? [])
  return new Set<Arch>(found.length > 0 ? found : ARCHS)
}
