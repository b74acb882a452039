import type { KubernetesObject } from '../../add-ons/objects.ts'
import type { Kubernetes } from './kubernetes/kubernetes.ts'
import type { Resources } from './kubernetes/resources.ts'

/** An add-on as the controller wants it in the cluster. */
export interface WantedAddOn {
  id: string
  version: string
  /** Changes whenever the objects do. */
  hash: string
  /** Grows when a person asks for another attempt. */
  retry: number
  /** Whether changes that others make to the add-on's fields are corrected, or only reported. */
  drift: 'correct' | 'report'
  /** Add-ons that must be healthy before. */
  after: readonly string[]
  objects: readonly KubernetesObject[]
}

/** What a cluster should have. Add-ons that are not in it are removed. */
export interface Wanted {
  /** Grows with each change. */
  revision: number
  /** In the order in which they are applied. */
  addOns: readonly WantedAddOn[]
  /** Ids of objects that may be deleted with what they hold: a person said so. */
  deletable: readonly string[]
}

export interface Drifted {
  object: string
  /** Empty: the object is missing. */
  fields: string[]
  writers: string[]
  /** It was corrected so often that it is not corrected any more. */
  contested: boolean
}

/**
 * `waiting`: for another add-on; `applying`: objects are applied, become healthy, or are removed; `failed`: an object cannot be
 * applied; `removed`: nothing of it is left, or only what holds data.
 */
export type AddOnState = 'waiting' | 'applying' | 'healthy' | 'unhealthy' | 'failed' | 'removed'

export interface AddOnStatus {
  id: string
  version: string
  state: AddOnState
  /** Objects, with what is missing. */
  waitingFor: string[]
  drifted: Drifted[]
  /** Objects that were not deleted, with the reason. */
  kept: { id: string; object: string; why: string }[]
  errors: string[]
}

/** Whether the desired state of an add-on contains an object. */
export type Wants = (addOn: string, object: string) => boolean

/** What the engine works with. */
export interface Ports {
  kubernetes: Kubernetes
  resources: Resources
  now(): Date
}

export interface Context extends Ports {
  wants: Wants
}
