import { objectId, objectText, refOf } from '../../add-ons/objects.ts'
import { ApiStatusError } from '../in-cluster.ts'
import type { Entry } from './inventory.ts'
import type { LiveObject } from './kubernetes/kubernetes.ts'
import { asObject, type Resources, rootOf } from './kubernetes/resources.ts'
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
  const all: Content[] = []
  try {
    for (const { root, resource } of await resources.namespaced()) {
      if (resource.kind === 'Event' || !resource.verbs.includes('delete')) continue
      const found = await kubernetes.list(`${root}/namespaces/${namespace}/${resource.name}`, MOST_LISTED)
      all.push(...found.map((object) => ({ kind: resource.kind, object })))
    }
    const content = all.filter((each) => !BY_KUBERNETES.includes(textOf(each)))
    for (const each of content) {
      const why = await whyStaying(resources, each, all)
      if (why !== undefined) return { kept: `${textOf(each)} is in it${why}` }
    }
    return content.length === 0 ? 'deletable' : 'going'
  } catch (error) {
    // An API service that does not answer would be in the way of every removal.
    if (error instanceof ApiStatusError && (error.status === 403 || error.status >= 500))
      return { kept: `not everything in it can be listed: ${error.message}` }
    throw error
  }
}

interface Content {
  kind: string
  object: LiveObject
}

const textOf = ({ kind, object }: Content) => `${kind} ${object.metadata.name}`

/** Undefined if it is being deleted, or will be by Kubernetes, with the object on which it depends. Otherwise more about it, if there is. */
async function whyStaying(
  resources: Resources,
  { kind, object: { metadata } }: Content,
  all: readonly Content[],
): Promise<string | undefined> {
  if (metadata.deletionTimestamp !== undefined) return undefined
  if (kind === 'Endpoints' && metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller')
    return undefined
  let owners = ''
  for (const owner of metadata.ownerReferences ?? []) {
    // It is looked at itself.
    if (all.some(({ object }) => object.metadata.uid === owner.uid)) return undefined
    // One of a namespace would be here, unless it is gone. One of the whole cluster lives on.
    if ((await resources.find(owner.apiVersion, owner.kind))?.namespaced) return undefined
    owners = ` and belongs to ${owner.kind} ${owner.name}`
  }
  return owners
}
