import type { KubernetesObject } from '../../../add-ons/objects.ts'

/** The fields that one writer owns, in the form of the API server (`fieldsV1`). */
export interface ManagedFields {
  manager: string
  operation: string
  subresource?: string
  fieldsV1?: FieldSet
}
export interface FieldSet {
  [key: string]: FieldSet
}

/** An object as the API server answers. */
export interface LiveObject extends KubernetesObject {
  metadata: KubernetesObject['metadata'] & {
    uid: string
    resourceVersion: string
    generation?: number
    deletionTimestamp?: string
    ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string }[]
    managedFields?: ManagedFields[]
  }
  status?: Record<string, unknown>
}

export interface ApiResource {
  name: string
  kind: string
  namespaced: boolean
  verbs: string[]
}

/** Another writer owns fields that an apply would change. */
export class ApplyConflict extends Error {
  readonly conflicts: readonly { field: string; message: string }[]
  constructor(conflicts: readonly { field: string; message: string }[]) {
    super(conflicts.map(({ field, message }) => `${field}: ${message}`).join('; '))
    this.name = 'ApplyConflict'
    this.conflicts = conflicts
  }
}

/** What the engine needs of an API server. Errors are ApiStatusError, if it answered. */
export interface Kubernetes {
  get(path: string): Promise<LiveObject | undefined>
  /** The first `most` objects; none if the path is unknown. */
  list(path: string, most: number, labelSelector?: string): Promise<LiveObject[]>
  /** Server-side apply; throws ApplyConflict. With `dryRun` nothing is stored. */
  apply(path: string, object: KubernetesObject, how: { force: boolean; dryRun?: true }): Promise<LiveObject>
  /** Deletes the object if it still has this uid. Dependents are deleted in the background. */
  remove(path: string, uid: string): Promise<void>
  /** None if the API server does not know the group and version. */
  resources(groupVersion: string): Promise<ApiResource[]>
  /** All versions of each group, the preferred one first. */
  groupVersions(): Promise<string[]>
}
