import { archivesOf } from '../../protocol/images/archives-of.ts'
import type { Store } from '../store/port.ts'

/** The archives of the images that people added to clusters: the size of each, by its SHA-256 sum. */
export async function neededArchives(store: Pick<Store, 'clusters'>): Promise<Map<string, number>> {
  const images = (await store.clusters()).flatMap((cluster) => cluster.images)
  return new Map(images.flatMap(archivesOf).map(({ sha256, size }) => [sha256, size]))
}
