import * as z from 'zod/mini'
import { Label } from '../protocol/names.ts'
import { ValueSchema } from './value.ts'

/** Of one add-on; bundles and uploads are refused beyond them. */
export const ADD_ON_LIMITS = {
  bytes: 4 * 1024 * 1024,
  objects: 500,
  values: 100,
  setsOfValue: 50,
  descriptionBytes: 256 * 1024,
}

/** What an add-on is for. A cluster has at most one add-on of each slot, except of `own`. */
export const AddOnSlot = z.enum(['monitoring', 'metrics', 'logging', 'ingress', 'storage', 'network-policy', 'own'])

export const AddOnValueName = z.string().check(z.regex(/^[a-z][A-Za-z0-9]{0,59}$/))

/** `GROUP/KIND/NAMESPACE/NAME`. The core group is empty, and so is the namespace of an object of the whole cluster. */
const ObjectId = z
  .string()
  .check(z.maxLength(600), z.regex(/^[a-z0-9.-]*\/[A-Za-z][A-Za-z0-9]*\/[a-z0-9.-]*\/[A-Za-z0-9.:_-]+$/))

/** Values leave the identity of objects, and what the API server writes. */
function isPlaceOfValue(pointer: string): boolean {
  const [, first = '', second = '', third] = pointer.split('/')
  if (first === 'metadata') return ['labels', 'annotations'].includes(second) && third !== undefined
  return !['apiVersion', 'kind', 'status'].includes(first)
}

const Sets = z.strictObject({
  object: ObjectId,
  /** RFC 6901. What it names exists in the object, or is a new member of an object that exists; `-` appends to a list. */
  pointer: z
    .string()
    .check(
      z.maxLength(500),
      z.regex(/^(\/([^/~]|~[01])*)+$/),
      z.refine(
        isPlaceOfValue,
        'a value cannot change which object it is, nor metadata but single labels and annotations',
      ),
    ),
  /** The text with the value in place of `{}`; without it the value itself. */
  text: z.optional(z.string().check(z.maxLength(500), z.regex(/\{\}/))),
})

export const AddOnValue = z.strictObject({
  title: z.string().check(z.minLength(1), z.maxLength(200)),
  schema: ValueSchema,
  default: z.union([z.string().check(z.maxLength(1000)), z.int(), z.boolean()]),
  sets: z.array(Sets).check(z.minLength(1), z.maxLength(ADD_ON_LIMITS.setsOfValue)),
})

const Port = z.strictObject({
  protocol: z.enum(['tcp', 'udp']),
  port: z.int().check(z.minimum(1), z.maximum(65_535)),
  /** Nodes that listen on it: each, or those where a pod is scheduled. */
  on: z.enum(['each', 'some']),
  reason: z.string().check(z.minLength(1), z.maxLength(200)),
})

const list = <T extends z.core.SomeType>(of: T, most: number) => z.array(of).check(z.maxLength(most))
const natural = z.int().check(z.nonnegative())

/**
 * `addon.json`: describes an add-on, a set of plain Kubernetes objects, which are beside it in `objects.yaml`. Values are data
 * that is set at places of the objects: nothing is a template.
 */
export const AddOnDescription = z.strictObject({
  format: z.literal(1),
  id: Label,
  version: z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,59}$/)),
  slot: AddOnSlot,
  title: z.string().check(z.minLength(1), z.maxLength(200)),
  requires: z.strictObject({
    slots: list(AddOnSlot, 10),
    /** Roles of which the cluster needs a node. */
    roles: list(z.enum(['master', 'worker', 'storage']), 3),
    /** The earliest minor version. */
    kubernetes: z.optional(z.string().check(z.regex(/^>=1\.\d{1,3}$/))),
  }),
  values: z
    .record(AddOnValueName, AddOnValue)
    .check(z.refine((values) => Object.keys(values).length <= ADD_ON_LIMITS.values, 'too many values')),
  /** The exact names that its pods use. */
  images: list(z.string().check(z.minLength(1), z.maxLength(300)), 100),
  ports: list(Port, 50),
  /** The sum of what its pods request. */
  resources: z.strictObject({ cpuMilli: natural, memoryBytes: natural }),
  /** Directories of nodes that its pods write to. */
  hostPaths: list(z.string().check(z.maxLength(200), z.regex(/^\/[^\0]+$/)), 50),
  /** Of `objects.yaml`. */
  objects: z.strictObject({
    sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
    bytes: z.int().check(z.positive(), z.maximum(ADD_ON_LIMITS.bytes)),
    count: z.int().check(z.positive(), z.maximum(ADD_ON_LIMITS.objects)),
  }),
})

export type AddOnSlot = z.infer<typeof AddOnSlot>
export type AddOnDescription = z.infer<typeof AddOnDescription>
