import { objectId, objectText, refOf } from '../../add-ons/objects.ts'
import { ApiStatusError } from '../in-cluster.ts'
import type { Entry } from './inventory.ts'
import type { LiveObject } from './kubernetes/kubernetes.ts'
import { asObject, rootOf } from './kubernetes/resources.ts'
import { ownerOf } from './owner.ts'
import { byRank } from './ranks.ts'
import type { Ports } from './wanted.ts'

export interface Pruned {
  /** Objects that are being deleted. The next attempt goes on after them. */
  waitingFor: string[]
  /** Objects that stay, with the reason. */
  kept: Entry[]
}

/** Deletes what the add-on does not contain any more, in the reverse order of applying. */
export async function prune(
  ports: Ports,
  addOn: string,
  entries: readonly Entry[],
  deletable: readonly string[],
): Promise<Pruned> {
  const kept: Entry[] = []
  for (const { objects } of byRank(entries).reverse()) {
    const waitingFor: string[] = []
    for (const entry of objects) {
      const { kept: _, ...plain } = entry
      const outcome = await pruneOne(ports, addOn, plain, deletable.includes(objectId(entry)))
      if (typeof outcome === 'object') kept.push({ ...plain, kept: outcome.kept })
      if (outcome === 'going') waitingFor.push(`${objectText(entry)} is being deleted`)
    }
    if (waitingFor.length > 0) return { waitingFor, kept }
  }
  return { waitingFor: [], kept }
}

async function pruneOne(
  ports: Ports,
  addOn: string,
  entry: Entry,
  mayDelete: boolean,
): Promise<'gone' | 'going' | { kept: string }> {
  const { kubernetes, resources } = ports
  const path = await resources.pathOf(asObject(entry))
  const live = path === undefined ? undefined : await kubernetes.get(path)
  if (path === undefined || !live) return 'gone'
  // Somebody else's, or another add-on's by now.
  if (ownerOf(live) !== addOn) return 'gone'
  if (entry.uid !== undefined && entry.uid !== live.metadata.uid) return 'gone'
  if (entry.adopted) {
    // An apply without fields gives up those that only the add-on has set.
    await kubernetes.apply(path, asObject(entry), { force: false })
    return 'gone'
  }
  if (live.metadata.deletionTimestamp !== undefined) return 'going'
  const content = mayDelete ? 'deletable' : await contentOf(ports, live)
  if (content === 'going' || typeof content === 'object') return content
  await kubernetes.remove(path, live.metadata.uid)
  return (await kubernetes.get(path)) === undefined ? 'gone' : 'going'
}

async function contentOf(ports: Ports, live: LiveObject): Promise<'deletable' | 'going' | { kept: string }> {
  if (live.kind === 'PersistentVolumeClaim' || live.kind === 'PersistentVolume') return { kept: 'it holds data' }
  if (live.kind === 'CustomResourceDefinition') return instancesOf(ports, live)
  if (live.kind === 'Namespace') return contentOfNamespace(ports, live.metadata.name)
  return 'deletable'
}

interface Crd {
  group: string
  names: { plural: string; kind: string }
  versions: { name: string; served: boolean }[]
}

async function instancesOf({ kubernetes }: Ports, { spec }: LiveObject): Promise<'deletable' | { kept: string }> {
  const { group, names, versions } = spec as Crd
  const served = versions.find((version) => version.served)
  const [instance] = served ? await kubernetes.list(`${rootOf(`${group}/${served.name}`)}/${names.plural}`, 1) : []
  return instance
    ? { kept: `${objectText(refOf({ ...instance, apiVersion: group, kind: names.kind }))} exists` }
    : 'deletable'
}

/** Kubernetes creates them in each namespace. */
const BY_KUBERNETES = ['ServiceAccount default', 'ConfigMap kube-root-ca.crt']
const MOST_LISTED = 50

async function contentOfNamespace(
  { kubernetes, resources }: Ports,
  namespace: string,
): Promise<'deletable' | 'going' | { kept: string }> {
  let isEmpty = true
  try {
    for (const { root, resource } of await resources.namespaced()) {
      if (resource.kind === 'Event' || !resource.verbs.includes('delete')) continue
      const found = await kubernetes.list(`${root}/namespaces/${namespace}/${resource.name}`, MOST_LISTED)
      for (const object of found) {
        const text = `${resource.kind} ${object.metadata.name}`
        if (BY_KUBERNETES.includes(text)) continue
        if (!isLeaving(resource.kind, object)) return { kept: `${text} is in it` }
        isEmpty = false
      }
    }
  } catch (error) {
    if (error instanceof ApiStatusError && error.status === 403) return { kept: 'not everything in it can be listed' }
    throw error
  }
  return isEmpty ? 'deletable' : 'going'
}

/** Deleted, or by Kubernetes with the object on which it depends. */
function isLeaving(kind: string, { metadata }: LiveObject): boolean {
  if (metadata.deletionTimestamp !== undefined || metadata.ownerReferences?.some(({ kind: owner }) => owner !== 'Node'))
    return true
  return kind === 'Endpoints' && metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller'
}
