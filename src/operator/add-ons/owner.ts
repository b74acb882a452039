import { objectId, refOf } from '../../add-ons/objects.ts'
import { ADD_ON_LABEL } from '../../add-ons/render.ts'
import { FIELD_MANAGER } from './kubernetes/client.ts'
import type { LiveObject } from './kubernetes/kubernetes.ts'
import type { Wants } from './wanted.ts'

/** The add-on to which an object belongs. A label alone says nothing: people copy them. The engine has applied the object too. */
export function ownerOf({ metadata }: LiveObject): string | undefined {
  const isApplied = metadata.managedFields?.some(
    ({ manager, operation }) => manager === FIELD_MANAGER && operation === 'Apply',
  )
  return isApplied ? metadata.labels?.[ADD_ON_LABEL] : undefined
}

/** Another add-on, which owns the object and is to have it. */
export function rivalOf(live: LiveObject, addOn: string, wants: Wants): string | undefined {
  const owner = ownerOf(live)
  return owner !== undefined && owner !== addOn && wants(owner, objectId(refOf(live))) ? owner : undefined
}
