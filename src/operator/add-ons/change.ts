import { type KubernetesObject, objectId, objectText, refOf } from '../../add-ons/objects.ts'
import { ADD_ON_LABEL } from '../../add-ons/render.ts'
import { type Applied, applyObject } from './apply-object.ts'
import { whyUnhealthy } from './health.ts'
import { type Entry, entryOf, type Inventory, isSame, removeInventory, writeInventory } from './inventory.ts'
import type { LiveObject } from './kubernetes/kubernetes.ts'
import { prune } from './prune.ts'
import { byRank, CRD_RANK, LATE_RANK } from './ranks.ts'
import type { AddOnStatus, Ports, WantedAddOn } from './wanted.ts'

export type Outcome = Pick<AddOnStatus, 'state' | 'waitingFor' | 'drifted' | 'kept' | 'errors'>

interface Change {
  wanted: WantedAddOn
  revision: number
  deletable: readonly string[]
}

/**
 * Goes as far as it can now towards the objects of the add-on; called again, it goes on. Before the first change, the inventory
 * contains what was there and what will be. It is reduced to what is there at the end, when everything is healthy and the rest is
 * deleted.
 */
export async function change(
  ports: Ports,
  { wanted, revision, deletable }: Change,
  found: Inventory,
): Promise<Outcome> {
  const { id, objects, hash, retry } = wanted
  const known = new Map(found.entries.map((entry) => [objectId(entry), entry]))
  const entries = await Promise.all(
    objects.map((object) => plannedEntry(ports, object, known.get(objectId(refOf(object))))),
  )
  const ids = new Set(entries.map(objectId))
  const gone = found.entries.filter((entry) => !ids.has(objectId(entry)))
  let inventory: Inventory = { ...found, state: 'applying', hash, revision, retry, entries: [...entries, ...gone] }
  if (!isSame(inventory, found)) inventory = await writeInventory(ports.kubernetes, id, inventory)

  const { applied, waitingFor, errors } = await applyAll(ports, wanted, entries)
  if (errors.length > 0) return outcome('failed', { waitingFor, errors })
  if (waitingFor.length > 0) return outcome('applying', { waitingFor })
  const pruned = await prune(ports, id, gone, deletable)
  if (pruned.waitingFor.length > 0) return outcome('applying', { waitingFor: pruned.waitingFor })

  const done = entries.map((entry, index) => ({ ...entry, uid: applied[index]?.metadata.uid }))
  if (done.length + pruned.kept.length === 0) await removeInventory(ports.kubernetes, id, inventory)
  else
    await writeInventory(ports.kubernetes, id, { ...inventory, state: 'applied', entries: [...done, ...pruned.kept] })
  return outcome(done.length === 0 ? 'removed' : 'healthy', { kept: keptOf(pruned.kept) })
}

/** The uid is left out until the end: the object may be another one by then. */
async function plannedEntry(
  { kubernetes, resources }: Ports,
  object: KubernetesObject,
  known: Entry | undefined,
): Promise<Entry> {
  const entry = entryOf(object)
  if (known) return known.adopted ? { ...entry, adopted: true } : entry
  const path = await resources.pathOf(object)
  const live = path === undefined ? undefined : await kubernetes.get(path)
  const isForeign = live !== undefined && live.metadata.labels?.[ADD_ON_LABEL] === undefined
  return isForeign ? { ...entry, adopted: true } : entry
}

interface Progress {
  /** In the order of the objects of the add-on; absent where one is not applied. */
  applied: LiveObject[]
  waitingFor: string[]
  errors: string[]
}

/** It stops after a rank in which something failed, or that others wait for. */
async function applyAll(ports: Ports, wanted: WantedAddOn, entries: readonly Entry[]): Promise<Progress> {
  const index = new Map(wanted.objects.map((object, at) => [object, at]))
  const progress: Progress = { applied: [], waitingFor: [], errors: [] }
  for (const { rank, objects } of byRank(wanted.objects)) {
    if (rank === LATE_RANK && progress.waitingFor.length > 0) break
    for (const object of objects) {
      const at = index.get(object) ?? 0
      note(progress, at, object, await applyObject(ports, object, wanted, entries[at]))
    }
    if (progress.errors.length > 0 || (rank === CRD_RANK && progress.waitingFor.length > 0)) break
  }
  return progress
}

function note({ applied, waitingFor, errors }: Progress, at: number, object: KubernetesObject, result: Applied): void {
  if ('failed' in result) errors.push(result.failed)
  if ('waiting' in result) waitingFor.push(result.waiting)
  if (!('applied' in result)) return
  applied[at] = result.applied
  const why = whyUnhealthy(result.applied)
  if (why !== undefined) waitingFor.push(`${objectText(refOf(object))}: ${why}`)
}

export function keptOf(entries: readonly Entry[]): AddOnStatus['kept'] {
  return entries.flatMap((entry) =>
    entry.kept === undefined ? [] : [{ id: objectId(entry), object: objectText(entry), why: entry.kept }],
  )
}

export function outcome(state: Outcome['state'], some: Partial<Outcome>): Outcome {
  return { state, waitingFor: [], drifted: [], kept: [], errors: [], ...some }
}
