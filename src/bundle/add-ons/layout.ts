import type { BundleFile, BundleManifest } from '../format.ts'

/*
 * In a bundle, the files of an add-on are at addons/ID/: its description, its objects, and archives of the images that only its pods
 * use. Builds that know no add-ons read such a bundle too: to them, these are manifests that nothing applies, and images like any
 * other (ADR 99).
 */
export const DESCRIPTION = 'addon.json'
export const OBJECTS = 'objects.yaml'

const PLACE = /^addons\/([a-z0-9][-a-z0-9]*)\/(.+)$/

/** The path in a bundle of a file of an add-on. */
export const addOnPath = (id: string, name: string): string => `addons/${id}/${name}`

/** The add-on to which a file of a bundle belongs. */
export function addOnOf({ path }: Pick<BundleFile, 'path'>): string | undefined {
  return PLACE.exec(path)?.[1]
}

/** An add-on of a bundle. */
export interface BundledAddOn {
  id: string
  version: string
  description: BundleFile
  objects: BundleFile
  /** Only those that no other pod of the bundle uses. */
  images: readonly BundleFile[]
}

/** The add-ons of a bundle, by id. One without a description or objects is left out. */
export function addOnsIn({ files }: Pick<BundleManifest, 'files'>): BundledAddOn[] {
  const byId = Map.groupBy(files, (file) => addOnOf(file) ?? '')
  byId.delete('')
  return [...byId]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([id, own]) => {
      const description = own.find(({ path }) => path === addOnPath(id, DESCRIPTION))
      const objects = own.find(({ path }) => path === addOnPath(id, OBJECTS))
      if (description === undefined || objects === undefined) return []
      const images = own.filter(({ role }) => role === 'image')
      return [{ id, version: description.version, description, objects, images }]
    })
}

/** For lists: the property is absent if there are none. */
export function addOnsListed(manifest: Pick<BundleManifest, 'files'>): { addOns?: { id: string; version: string }[] } {
  const addOns = addOnsIn(manifest).map(({ id, version }) => ({ id, version }))
  return addOns.length > 0 ? { addOns } : {}
}
