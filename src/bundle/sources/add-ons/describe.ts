import * as z from 'zod/mini'
import { AddOnDescription } from '../../../add-ons/format.ts'
import type { KubernetesObject } from '../../../add-ons/objects.ts'
import { imagesNamed, summaryOf } from '../../add-ons/check.ts'
import { requestsOf } from '../../add-ons/pods.ts'

const { shape } = AddOnDescription

/**
 * What a person writes into `addon.json`. What follows from the objects is computed: their hash, the images that their containers name,
 * and what they request.
 */
export const WrittenDescription = z.strictObject({
  ...shape,
  format: z._default(shape.format, 1),
  requires: z._default(shape.requires, { slots: [], roles: [] }),
  values: z._default(shape.values, {}),
  /** Those that no container names, such as of pods that its program starts. */
  images: z._default(shape.images, []),
  ports: z._default(shape.ports, []),
  hostPaths: z._default(shape.hostPaths, []),
  resources: z.optional(shape.resources),
  objects: z.optional(shape.objects),
})
export type WrittenDescription = z.infer<typeof WrittenDescription>

/** The whole description of an add-on with these objects. `text`: of `objects.yaml`. */
export function describeAddOn(
  written: WrittenDescription,
  objects: readonly KubernetesObject[],
  text: string,
): AddOnDescription {
  return {
    ...written,
    images: [...new Set([...written.images, ...imagesNamed(objects)])].sort(),
    resources: written.resources ?? requestsOf(objects),
    objects: written.objects ?? summaryOf(text, objects.length),
  }
}
