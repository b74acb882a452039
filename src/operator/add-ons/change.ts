import { type KubernetesObject, objectId, objectText, refOf } from '../../add-ons/objects.ts'
import { type Applied, applyObject } from './apply-object.ts'
import { whyUnhealthy } from './health.ts'
import {
  type Entry,
  entryOf,
  type Inventory,
  isSame,
  readInventory,
  removeInventory,
  writeInventory,
} from './inventory.ts'
import type { LiveObject } from './kubernetes/kubernetes.ts'
import { ownerOf } from './owner.ts'
import { prune } from './prune.ts'
import { byRank, CRD_RANK, LATE_RANK } from './ranks.ts'
import type { AddOnStatus, Context, Ports, WantedAddOn } from './wanted.ts'

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
  ports: Context,
  { wanted, revision, deletable }: Change,
  found: Inventory,
): Promise<Outcome> {
  const { id, objects, hash, retry } = wanted
  const known = new Map(found.entries.map((entry) => [objectId(entry), entry]))
  const planned = await Promise.all(
    objects.map((object) => plannedEntry(ports, id, object, known.get(objectId(refOf(object))))),
  )
  // Without uids until the end: an object may be another one by then.
  const entries = planned.map(({ uid: _, ...entry }): Entry => entry)
  const ids = new Set(entries.map(objectId))
  const gone = found.entries.filter((entry) => !ids.has(objectId(entry)))
  let inventory: Inventory = { ...found, state: 'applying', hash, revision, retry, entries: [...entries, ...gone] }
  if (!isSame(inventory, found)) inventory = await writeInventory(ports.kubernetes, id, inventory)

  const { applied, waitingFor, errors } = await applyAll(ports, wanted, planned)
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

/** With its uid if it is the object that it was, and `adopted` if it is not the add-on's. */
async function plannedEntry(
  { kubernetes, resources }: Ports,
  addOn: string,
  object: KubernetesObject,
  known: Entry | undefined,
): Promise<Entry> {
  const entry = entryOf(object)
  if (known?.adopted) return { ...entry, adopted: true }
  const path = await resources.pathOf(object)
  const live = path === undefined ? undefined : await kubernetes.get(path)
  if (!live) return entry
  if (known?.uid === live.metadata.uid) return { ...entry, uid: known.uid }
  const owner = ownerOf(live)
  if (owner === addOn) return entry
  if (owner === undefined) return { ...entry, adopted: true }
  // What another add-on had adopted stays adopted when it moves.
  const theirs = (await readInventory(kubernetes, owner)).entries.find((each) => objectId(each) === objectId(entry))
  return !theirs || theirs.adopted ? { ...entry, adopted: true } : entry
}

interface Progress {
  /** In the order of the objects of the add-on; absent where one is not applied. */
  applied: LiveObject[]
  waitingFor: string[]
  errors: string[]
}

/** It stops after a rank in which something failed, or that others wait for. */
async function applyAll(ports: Context, wanted: WantedAddOn, entries: readonly Entry[]): Promise<Progress> {
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
