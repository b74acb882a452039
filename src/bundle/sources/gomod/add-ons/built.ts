import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { KubernetesObject } from '../../../../add-ons/objects.ts'
import { imageArchive, type LayerEntry } from '../../../make/image.ts'
import type { BaseSystem } from '../../../make/libraries.ts'
import { describeAddOn } from '../../add-ons/describe.ts'
import type { GivenAddOn } from '../../add-ons/pack.ts'
import type { SourceContext } from '../../source.ts'
import { moduleDirectory } from '../go.ts'
import type { GoAddOn } from './go-add-on.ts'

/** An add-on after its programs are built. */
export async function builtAddOn(
  addOn: GoAddOn,
  { versions, arch }: Pick<SourceContext, 'versions' | 'arch'>,
  base: BaseSystem,
  binary: (name: string) => string,
): Promise<GivenAddOn> {
  const objects = await textOfObjects(addOn.objects)
  const licences = await licencesOf(addOn.components(versions).map(({ component }) => component.modules))
  const images = await addOn.images(base, binary)
  return {
    description: describeAddOn(addOn.description, addOn.objects, objects),
    objects,
    images: await Promise.all(
      images.map(async (image) => {
        const layer = new Map<string, LayerEntry>([...image.layer, ...licences])
        return { name: image.name, content: await imageArchive({ ...image, arch, layer }) }
      }),
    ),
  }
}

export async function textOfObjects(objects: readonly KubernetesObject[]): Promise<string> {
  const { stringify } = await import('yaml')
  // As Go programs read it: strings that YAML 1.1 takes for something else are quoted.
  const options = { version: '1.1', aliasDuplicateObjects: false } as const
  return objects.map((object) => stringify(object, options)).join('---\n')
}

/** The licences and notices of the projects, for their images: `/licenses/MODULE/LICENSE`. */
async function licencesOf(all: readonly Readonly<Record<string, string>>[]): Promise<[string, LayerEntry][]> {
  const entries: [string, LayerEntry][] = []
  for (const [module, version] of all.flatMap((modules) => Object.entries(modules))) {
    const directory = await moduleDirectory(module, version)
    for (const name of ['LICENSE', 'NOTICE']) {
      const file = join(directory, name)
      const isThere = await access(file).then(
        () => true,
        () => false,
      )
      if (isThere) entries.push([`/licenses/${module}/${name}`, { file, mode: 0o644 }])
      else if (name === 'LICENSE') throw new Error(`${module} ${version} has no LICENSE`)
    }
  }
  return entries
}
