import * as z from 'zod/mini'
import { AgentError } from '../base/agent-error.ts'
import { readYaml } from '../provision/kubeadm/yaml.ts'
import { ADD_ON_LIMITS } from './format.ts'
import { NotPlain, plainCopy, type Room } from './plain.ts'
import { shapeProblem } from './shape.ts'

const name = z.string().check(z.minLength(1), z.maxLength(253), z.regex(/^[A-Za-z0-9._:-]+$/))
const labels = z.record(z.string(), z.string())
const never = z.optional(z.never())

const Metadata = z.looseObject({
  name,
  namespace: z.optional(z.string().check(z.regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/))),
  labels: z.optional(labels),
  annotations: z.optional(labels),
  // What the API server writes, and an apply must not contain.
  ...{ generateName: never, uid: never, resourceVersion: never, managedFields: never },
  ...{ deletionTimestamp: never, ownerReferences: never, generation: never, selfLink: never },
})

const Plain = z.looseObject({
  apiVersion: z.string().check(z.regex(/^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?v\d+((alpha|beta)\d+)?$/)),
  kind: z.string().check(z.regex(/^[A-Z][A-Za-z0-9]{0,62}$/)),
  metadata: Metadata,
})

/** An object as it is applied. */
export interface KubernetesObject {
  apiVersion: string
  kind: string
  metadata: {
    name: string
    namespace?: string | undefined
    labels?: Record<string, string> | undefined
    [field: string]: unknown
  }
  [field: string]: unknown
}

/** The identity of an object in its cluster. The version of its API is not part of it. */
export interface ObjectRef {
  group: string
  kind: string
  namespace: string
  name: string
}

export function refOf({
  apiVersion,
  kind,
  metadata,
}: Pick<KubernetesObject, 'apiVersion' | 'kind' | 'metadata'>): ObjectRef {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
  return { group, kind, namespace: metadata.namespace ?? '', name: metadata.name }
}

/** `GROUP/KIND/NAMESPACE/NAME`, as values of add-ons name objects. */
export function objectId({ group, kind, namespace, name: own }: ObjectRef): string {
  return `${group}/${kind}/${namespace}/${own}`
}

/** For people: `Deployment shop/web`. */
export function objectText({ kind, namespace, name: own }: ObjectRef): string {
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${own}`
}

/** The objects of a YAML text with several documents; throws AgentError if it contains something else. */
export async function readObjects(addOn: string, text: string): Promise<KubernetesObject[]> {
  const bytes = Buffer.byteLength(text)
  if (bytes > ADD_ON_LIMITS.bytes)
    throw invalid(addOn, `its objects have ${bytes} bytes; wanted at most ${ADD_ON_LIMITS.bytes}`)
  const documents = await readYaml(text)
  const room = { bytes: ADD_ON_LIMITS.bytes }
  const objects = documents.flatMap(({ value, problem }, index) => {
    if (problem !== undefined)
      throw invalid(addOn, `document ${index + 1} is not valid YAML: ${problem.split('\n')[0]}`)
    // Between two separators.
    return value === null || value === undefined ? [] : [objectOf(addOn, index, value, room)]
  })
  return checked(addOn, objects)
}

function checked(addOn: string, objects: KubernetesObject[]): KubernetesObject[] {
  if (objects.length === 0) throw invalid(addOn, 'it contains no objects')
  if (objects.length > ADD_ON_LIMITS.objects) {
    throw invalid(addOn, `it contains ${objects.length} objects; wanted at most ${ADD_ON_LIMITS.objects}`)
  }
  const seen = new Set<string>()
  for (const object of objects) {
    const id = objectId(refOf(object))
    if (seen.has(id)) throw invalid(addOn, `it contains ${objectText(refOf(object))} twice`)
    seen.add(id)
  }
  requireShapes(addOn, objects)
  return objects
}

/** Throws AgentError if an object has another shape than its kind. */
export function requireShapes(addOn: string, objects: readonly KubernetesObject[]): void {
  for (const object of objects) {
    const problem = shapeProblem(object)
    if (problem !== undefined) throw invalid(addOn, `${objectText(refOf(object))} has another shape: ${problem}`)
  }
}

function objectOf(addOn: string, index: number, value: unknown, room: Room): KubernetesObject {
  // Generators of manifests write both, empty.
  const { status: _, ...plain } = copyOf(addOn, index, value, room)
  const metadata = plain.metadata as Record<string, unknown> | null | undefined
  if (metadata?.creationTimestamp === null) delete metadata.creationTimestamp
  const parsed = Plain.safeParse(plain)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw invalid(addOn, `document ${index + 1} is no object to apply: ${issue?.path.join('.')}: ${issue?.message}`)
  }
  const { kind } = parsed.data
  if (kind.endsWith('List'))
    throw invalid(addOn, `document ${index + 1} is a ${kind}; wanted each object as a document`)
  return plain as KubernetesObject
}

function copyOf(addOn: string, index: number, value: unknown, room: Room): Record<string, unknown> {
  try {
    return plainCopy(value, room) as Record<string, unknown>
  } catch (error) {
    if (error instanceof NotPlain) throw invalid(addOn, `document ${index + 1}: ${error.message}`)
    throw error
  }
}

function invalid(addOn: string, problem: string): AgentError {
  return new AgentError('add-on/invalid-objects', `the add-on ${addOn} cannot be used: ${problem}`, {
    fix: 'correct its objects; kubectl apply --dry-run=client -f FILE shows what Kubernetes thinks of them',
    kind: 'invalid',
  })
}
