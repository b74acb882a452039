import { isDeepStrictEqual } from 'node:util'
import type { KubernetesObject } from '../../../src/add-ons/objects.ts'
import { FIELD_MANAGER } from '../../../src/operator/add-ons/kubernetes/client.ts'
import {
  type ApiResource,
  ApplyConflict,
  type Kubernetes,
  type LiveObject,
} from '../../../src/operator/add-ons/kubernetes/kubernetes.ts'
import { ApiStatusError } from '../../../src/operator/in-cluster.ts'
import { type Field, fieldsOf, fieldsV1, readField, removeField, setField, textOf } from './field-sets.ts'
import { BUILT_IN, bodyOf, isIn, named, namespaced, withDefaults } from './resources-and-bodies.ts'

interface Writer {
  manager: string
  operation: 'Apply' | 'Update'
  fields: Set<Field>
}
interface Stored {
  object: LiveObject
  writers: Writer[]
}

/** The process that uses it was killed. */
export class Killed extends Error {}

/**
 * An API server in memory, with server-side apply: owners of fields, conflicts, dry runs. `settle` does what the controllers of
 * Kubernetes do.
 */
export class FakeApiServer implements Kubernetes {
  readonly objects = new Map<string, Stored>()
  requests = 0
  /** The number of the request at which the client is killed: before or after it takes effect. */
  kill: { at: number; when: 'before' | 'after' } | undefined
  /** Applies that are not dry runs, to any object but inventories. */
  readonly applies: string[] = []
  #version = 0
  isDead = false
  onRestart: () => void = () => undefined

  constructor() {
    this.create('/api/v1/namespaces/cantrip-system', 'kubernetes', named('v1', 'Namespace', 'cantrip-system'))
  }

  /** A new process. */
  restart(): void {
    this.isDead = false
    this.kill = undefined
    this.onRestart()
  }

  get(path: string) {
    return this.#request(() => this.live(path))
  }

  list(path: string, most: number, labelSelector?: string) {
    return this.#request(() => {
      const [key = '', value] = labelSelector?.split('=') ?? []
      const all = [...this.objects].filter(([at]) => isIn(at, path)).map(([, { object }]) => structuredClone(object))
      const labelled = ({ metadata }: LiveObject) =>
        labelSelector === undefined ||
        (value === undefined ? key in (metadata.labels ?? {}) : metadata.labels?.[key] === value)
      return all.filter(labelled).slice(0, most)
    })
  }

  apply(path: string, object: KubernetesObject, { force, dryRun }: { force: boolean; dryRun?: true }) {
    return this.#request(() => {
      const before = this.objects.get(path)
      const after = this.#applied(path, before && structuredClone(before), structuredClone(object), force)
      if (dryRun) return structuredClone(after.object)
      if (!path.includes('/configmaps/add-on-')) this.applies.push(path)
      this.#store(path, after, before)
      return this.live(path) as LiveObject
    })
  }

  remove(path: string, uid: string) {
    return this.#request(() => {
      if (this.objects.get(path)?.object.metadata.uid === uid) this.delete(path)
    })
  }

  resources(groupVersion: string) {
    return this.#request(() => this.#resources(groupVersion))
  }

  groupVersions() {
    return this.#request(() => [
      ...new Set([...Object.keys(BUILT_IN), ...this.#crds().map(({ groupVersion }) => groupVersion)]),
    ])
  }

  /** What a person creates with kubectl. */
  create(path: string, manager: string, object: KubernetesObject): void {
    const fields = new Set(fieldsOf(bodyOf(object)).keys())
    this.#store(
      path,
      { object: structuredClone(object) as LiveObject, writers: [{ manager, operation: 'Update', fields }] },
      undefined,
    )
  }

  /** What a person or a program changes with an update or a patch, which takes the fields from their owners. */
  update(path: string, manager: string, change: (object: LiveObject) => void): void {
    const before = this.objects.get(path)
    if (!before) throw new Error(`no ${path}`)
    const after = structuredClone(before)
    change(after.object)
    const [was, is] = [fieldsOf(bodyOf(before.object)), fieldsOf(bodyOf(after.object))]
    const changed = [...new Set([...was.keys(), ...is.keys()])].filter(
      (field) => !isDeepStrictEqual(was.get(field), is.get(field)),
    )
    for (const writer of after.writers) for (const field of changed) writer.fields.delete(field)
    after.writers.push({ manager, operation: 'Update', fields: new Set(changed.filter((field) => is.has(field))) })
    this.#store(path, after, before)
  }

  /** With what depends on it. */
  delete(path: string): void {
    const found = this.objects.get(path)?.object
    this.objects.delete(path)
    if (found?.kind === 'Namespace') {
      for (const each of [...this.objects.keys()])
        if (each.includes(`/namespaces/${found.metadata.name}/`)) this.objects.delete(each)
    }
    if (found?.kind === 'CustomResourceDefinition') {
      const { group, names } = found.spec as { group: string; names: { plural: string } }
      for (const each of [...this.objects.keys()])
        if (each.includes(`/${group}/`) && each.includes(`/${names.plural}/`)) this.objects.delete(each)
    }
  }

  /** CRDs are served, and pods run. */
  settle(): void {
    for (const { object } of this.objects.values()) {
      if (object.kind === 'CustomResourceDefinition')
        object.status = { conditions: [{ type: 'Established', status: 'True' }] }
      if (object.kind === 'Deployment') {
        const { replicas = 1 } = object.spec as { replicas?: number }
        object.status = {
          ...{ observedGeneration: object.metadata.generation, replicas },
          ...{ updatedReplicas: replicas, availableReplicas: replicas, readyReplicas: replicas },
        }
      }
    }
  }

  live(path: string): LiveObject | undefined {
    const found = this.objects.get(path)
    return found && structuredClone(found.object)
  }

  async #request<T>(answer: () => T): Promise<T> {
    this.requests += 1
    if (this.isDead) throw new Killed()
    const { at, when } = this.kill ?? { at: 0, when: 'before' }
    const isLast = at === this.requests
    if (isLast) this.isDead = true
    if (isLast && when === 'before') throw new Killed()
    const result = answer()
    if (isLast) throw new Killed()
    return result
  }

  #applied(path: string, before: Stored | undefined, object: KubernetesObject, force: boolean): Stored {
    this.#refuseUnknown(path, object)
    const wantedVersion = object.metadata.resourceVersion
    if (wantedVersion !== undefined && wantedVersion !== before?.object.metadata.resourceVersion) {
      throw new ApiStatusError(
        path,
        409,
        JSON.stringify({ reason: 'Conflict', message: 'the object has been modified' }),
      )
    }
    delete object.metadata.resourceVersion
    const fields = fieldsOf(bodyOf(object))
    const after: Stored = before ?? { object: structuredClone(object) as LiveObject, writers: [] }
    const own = after.writers.find(({ manager, operation }) => manager === FIELD_MANAGER && operation === 'Apply')
    const others = after.writers.filter((writer) => writer !== own)
    const isOther = (field: Field) => others.some((writer) => writer.fields.has(field))
    const conflicts = [...fields].filter(
      ([field, value]) => isOther(field) && !isDeepStrictEqual(readField(after.object, field), value),
    )
    if (!force && conflicts.length > 0) {
      throw new ApplyConflict(
        conflicts.map(([field]) => ({
          field: textOf(field),
          message: `conflict with ${others.find((each) => each.fields.has(field))?.manager}`,
        })),
      )
    }
    for (const [field] of conflicts) for (const writer of others) writer.fields.delete(field)
    for (const field of own?.fields ?? []) if (!fields.has(field) && !isOther(field)) removeField(after.object, field)
    for (const [field, value] of fields) setField(after.object, field, value)
    after.writers = [
      ...others,
      ...(fields.size > 0 && ![...fields.keys()].includes('[]')
        ? [{ manager: FIELD_MANAGER, operation: 'Apply' as const, fields: new Set(fields.keys()) }]
        : []),
    ]
    withDefaults(after.object)
    return after
  }

  #store(path: string, after: Stored, before: Stored | undefined): void {
    withDefaults(after.object)
    const { metadata } = after.object
    after.writers = after.writers.filter(({ fields }) => fields.size > 0)
    const managedFields = after.writers.map(({ manager, operation, fields }) => ({
      manager,
      operation,
      fieldsV1: fieldsV1(fields),
    }))
    const isChanged =
      !before ||
      !isDeepStrictEqual(bodyOf(before.object), bodyOf(after.object)) ||
      !isDeepStrictEqual(before.object.metadata.managedFields, managedFields)
    const isOfSpec = !before || !isDeepStrictEqual(before.object.spec, after.object.spec)
    this.#version += isChanged ? 1 : 0
    after.object.metadata = {
      ...metadata,
      uid: before?.object.metadata.uid ?? `uid-${this.#version}`,
      generation: (before?.object.metadata.generation ?? 0) + (isOfSpec ? 1 : 0),
      resourceVersion: isChanged ? String(this.#version) : (before?.object.metadata.resourceVersion ?? ''),
      managedFields,
    }
    this.objects.set(path, after)
  }

  #refuseUnknown(path: string, object: KubernetesObject): void {
    const [, root, namespace] = /^\/apis?\/(.+?)\/(?:namespaces\/([^/]+)\/)?[^/]+\/[^/]+$/.exec(path) ?? []
    const isKnown = this.#resources(root ?? '').some(({ kind }) => kind === object.kind)
    const hasNamespace = namespace === undefined || this.objects.has(`/api/v1/namespaces/${namespace}`)
    if (!isKnown || !hasNamespace) throw new ApiStatusError(path, 404, JSON.stringify({ message: 'not found' }))
  }

  #resources(groupVersion: string): ApiResource[] {
    const custom = this.#crds().filter((each) => each.groupVersion === groupVersion)
    return [...(BUILT_IN[groupVersion] ?? []), ...custom.map(({ resource }) => resource)]
  }

  #crds(): { groupVersion: string; resource: ApiResource }[] {
    const crds = [...this.objects.values()].filter(
      ({ object }) => object.kind === 'CustomResourceDefinition' && object.status,
    )
    return crds.map(({ object }) => {
      const { group, names, versions } = object.spec as {
        group: string
        names: { plural: string; kind: string }
        versions: { name: string }[]
      }
      return { groupVersion: `${group}/${versions[0]?.name}`, resource: namespaced(names.kind, names.plural) }
    })
  }
}
