import { type KubernetesObject, objectText, refOf } from '../../add-ons/objects.ts'
import { errorMessage } from '../../base/text/error-message.ts'
import { ApiStatusError } from '../in-cluster.ts'
import type { Entry } from './inventory.ts'
import { ApplyConflict, type LiveObject } from './kubernetes/kubernetes.ts'
import { ownerOf, rivalOf } from './owner.ts'
import type { Context, WantedAddOn } from './wanted.ts'
import { withoutYielded } from './yielded.ts'

/** `applied`, or why not: `waiting` ends by itself, `failed` needs a person. */
export type Applied = { applied: LiveObject } | { waiting: string } | { failed: string }

/**
 * Applies one object. Fields of others are overwritten only in objects of the add-on, and if drift is corrected. `entry`: with the uid
 * that the object had, if it is known.
 */
export async function applyObject(
  { kubernetes, resources, wants }: Context,
  object: KubernetesObject,
  { id, drift }: Pick<WantedAddOn, 'id' | 'drift'>,
  entry: Entry | undefined,
): Promise<Applied> {
  const text = objectText(refOf(object))
  try {
    const path = await resources.pathOf(object)
    if (path === undefined)
      return { waiting: `${text}: the API server does not serve ${object.apiVersion} ${object.kind}` }
    const live = await kubernetes.get(path)
    if (live?.metadata.deletionTimestamp !== undefined) return { waiting: `${text} is being deleted` }
    const rival = live && rivalOf(live, id, wants)
    if (rival !== undefined) return { failed: `${text} belongs to the add-on ${rival}, which has it too` }
    const isOwn = live !== undefined && (ownerOf(live) !== undefined || live.metadata.uid === entry?.uid)
    // The next attempt notes that first.
    if (live && !isOwn && !entry?.adopted) return { waiting: `${text} was created by somebody else meanwhile` }
    const wanted = await withoutYielded(kubernetes, object, live)
    return { applied: await kubernetes.apply(path, wanted, { force: isOwn && !entry?.adopted && drift === 'correct' }) }
  } catch (error) {
    const why = reasonOf(error)
    if (why === undefined) throw error
    return { failed: `${text}: ${why}` }
  }
}

/** Undefined if the error is not about this object. */
export function reasonOf(error: unknown): string | undefined {
  if (error instanceof ApplyConflict) {
    const [first, ...others] = error.conflicts
    const more = others.length > 0 ? `, and ${others.length} more fields` : ''
    return `${first?.field ?? ''} belongs to another writer (${first?.message ?? ''})${more}`
  }
  // Without an answer, or with that of a server that is not well, nothing else would succeed either.
  if (error instanceof ApiStatusError) return error.status >= 500 || error.status === 429 ? undefined : messageOf(error)
  return error instanceof Error && error.message.includes('metadata.namespace') ? errorMessage(error) : undefined
}

function messageOf({ body, message }: ApiStatusError): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? message
  } catch {
    return message
  }
}
