import type { KubernetesObject, ObjectRef } from '../../../add-ons/objects.ts'
import type { ApiResource, Kubernetes } from './kubernetes.ts'

/** `/apis/apps/v1` */
export function rootOf(groupVersion: string): string {
  return groupVersion.includes('/') ? `/apis/${groupVersion}` : `/api/${groupVersion}`
}

/** What the API server serves, asked once. A kind that is unknown is asked for again: its CRD may be new. */
export class Resources {
  readonly #kubernetes: Kubernetes
  readonly #known = new Map<string, ApiResource[]>()

  constructor(kubernetes: Kubernetes) {
    this.#kubernetes = kubernetes
  }

  /** Undefined if the API server does not serve the kind. Throws if an object of a namespace has none. */
  async pathOf({
    apiVersion,
    kind,
    metadata,
  }: Pick<KubernetesObject, 'apiVersion' | 'kind' | 'metadata'>): Promise<string | undefined> {
    const found = await this.find(apiVersion, kind)
    if (!found) return undefined
    const { name, namespace = '' } = metadata
    if (found.namespaced && namespace === '')
      throw new Error(`${kind} ${name} has no metadata.namespace, which its kind needs`)
    return `${rootOf(apiVersion)}/${found.namespaced ? `namespaces/${namespace}/` : ''}${found.name}/${name}`
  }

  async find(groupVersion: string, kind: string): Promise<ApiResource | undefined> {
    const known = this.#known.get(groupVersion)?.find((each) => each.kind === kind)
    if (known) return known
    const resources = await this.#kubernetes.resources(groupVersion)
    const own = resources.filter(({ name }) => !name.includes('/'))
    this.#known.set(groupVersion, own)
    return own.find((each) => each.kind === kind)
  }

  /** Everything that can be listed in a namespace, each once: some kinds are served only in a version that is not the preferred one. */
  async namespaced(): Promise<{ root: string; resource: ApiResource }[]> {
    const all = []
    const seen = new Set<string>()
    for (const groupVersion of await this.#kubernetes.groupVersions()) {
      for (const resource of await this.#kubernetes.resources(groupVersion)) {
        const isListed = resource.namespaced && !resource.name.includes('/') && resource.verbs.includes('list')
        const [group = ''] = groupVersion.includes('/') ? groupVersion.split('/') : []
        if (!isListed || seen.has(`${group}/${resource.name}`)) continue
        seen.add(`${group}/${resource.name}`)
        all.push({ root: rootOf(groupVersion), resource })
      }
    }
    return all
  }
}

/** A reference with the version of the API through which the object was applied. */
export interface VersionedRef extends ObjectRef {
  apiVersion: string
}

export function asObject({ apiVersion, kind, namespace, name }: VersionedRef): KubernetesObject {
  return { apiVersion, kind, metadata: { name, ...(namespace !== '' && { namespace }) } }
}
