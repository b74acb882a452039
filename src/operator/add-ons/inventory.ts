import * as z from 'zod/mini'
import { type KubernetesObject, objectId, refOf } from '../../add-ons/objects.ts'
import { OPERATOR_NAMESPACE } from '../../protocol/cluster-namespaces.ts'
import type { Kubernetes } from './kubernetes/kubernetes.ts'

const text = z.string()

const Entry = z.looseObject({
  ...{ apiVersion: text, group: text, kind: text, namespace: text, name: text },
  /** Absent until an apply has ended after the object was created. */
  uid: z.optional(text),
  /** It was there before the add-on, so that it is left, not deleted. */
  adopted: z.optional(z.literal(true)),
  /** Why it was not deleted, although the add-on does not contain it any more. */
  kept: z.optional(text),
  /** When drift of it was corrected, of late. */
  corrected: z.optional(z.array(text)),
  /** It was corrected too often: somebody else writes to it. */
  contested: z.optional(z.literal(true)),
})
export type Entry = z.infer<typeof Entry>

const Stored = z.looseObject({
  /** `applying`: the entries are what may be in the cluster; `applied`: what is there. */
  state: z.enum(['applying', 'applied']),
  /** Of the objects that are applied. */
  hash: text,
  /** Of the desired state; an earlier one is not applied after a later one. */
  revision: z.int(),
  /** How often a person had asked for another attempt. */
  retry: z.int(),
  entries: z.array(Entry),
})

export interface Inventory extends z.infer<typeof Stored> {
  /** Of the ConfigMap; absent before it exists. */
  stored?: { uid: string; resourceVersion: string }
}

export const INVENTORY_LABEL = 'cantrip.local/add-on-inventory'
const CONFIG_MAPS = `/api/v1/namespaces/${OPERATOR_NAMESPACE}/configmaps`
const MOST_ADD_ONS = 500

const NOTHING: Inventory = { state: 'applied', hash: '', revision: 0, retry: 0, entries: [] }

export function entryOf(object: KubernetesObject): Entry {
  return { apiVersion: object.apiVersion, ...refOf(object) }
}

/** What the cluster may have of the add-on. Throws if what is stored cannot be read: it is never taken for nothing. */
export async function readInventory(kubernetes: Kubernetes, id: string): Promise<Inventory> {
  const found = await kubernetes.get(pathOf(id))
  if (!found) return NOTHING
  const { inventory } = found.data as { inventory?: string }
  const { uid, resourceVersion } = found.metadata
  return { ...parsed(id, inventory ?? ''), stored: { uid, resourceVersion } }
}

function parsed(id: string, json: string): z.infer<typeof Stored> {
  try {
    return Stored.parse(JSON.parse(json))
  } catch (cause) {
    throw new Error(
      `the ConfigMap ${OPERATOR_NAMESPACE}/${nameOf(id)} is no inventory of an add-on; restore it from a backup`,
      { cause },
    )
  }
}

/** Throws if another writer was faster. */
export async function writeInventory(kubernetes: Kubernetes, id: string, inventory: Inventory): Promise<Inventory> {
  const { stored, ...content } = inventory
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: nameOf(id),
      namespace: OPERATOR_NAMESPACE,
      labels: { [INVENTORY_LABEL]: id },
      ...(stored && { resourceVersion: stored.resourceVersion }),
    },
    data: { state: content.state, inventory: JSON.stringify(content) },
  }
  const { uid, resourceVersion } = (await kubernetes.apply(pathOf(id), object, { force: true })).metadata
  return { ...content, stored: { uid, resourceVersion } }
}

export async function removeInventory(kubernetes: Kubernetes, id: string, { stored }: Inventory): Promise<void> {
  if (stored) await kubernetes.remove(pathOf(id), stored.uid)
}

/** The ids of the add-ons of which something may be in the cluster. */
export async function installedAddOns(kubernetes: Kubernetes): Promise<string[]> {
  const found = await kubernetes.list(CONFIG_MAPS, MOST_ADD_ONS, INVENTORY_LABEL)
  return found.flatMap(({ metadata }) => metadata.labels?.[INVENTORY_LABEL] ?? []).sort()
}

/** Whether both say the same of the cluster. */
export function isSame(one: Inventory, other: Inventory): boolean {
  return comparable(one) === comparable(other)
}

function comparable({ state, hash, revision, retry, entries }: Inventory): string {
  const sorted = entries.map((entry) => [
    objectId(entry),
    Object.entries(entry)
      .filter(([, value]) => value !== undefined)
      .sort(),
  ])
  return JSON.stringify([state, hash, revision, retry, sorted.sort()])
}

const nameOf = (id: string) => `add-on-${id}`
const pathOf = (id: string) => `${CONFIG_MAPS}/${nameOf(id)}`
