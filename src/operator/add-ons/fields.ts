import { isDeepStrictEqual } from 'node:util'
import { FIELD_MANAGER } from './kubernetes/client.ts'
import type { FieldSet, LiveObject } from './kubernetes/kubernetes.ts'

/** Keys of objects, and `[name=web]` or `[2]` for members of lists. */
export type FieldPath = readonly string[]

export function fieldText(path: FieldPath): string {
  return path.map((key) => (key.startsWith('[') ? key : `.${key}`)).join('')
}

/** Written by the API server at every change. */
const BY_SERVER = ['managedFields', 'resourceVersion', 'generation', 'uid', 'creationTimestamp', 'selfLink']

/** Where `wanted` differs from `live`, apart from the status and what the API server writes. */
export function differences(live: LiveObject, wanted: LiveObject): FieldPath[] {
  const found: FieldPath[] = []
  compare(plain(live), plain(wanted), [], found)
  return found
}

function plain({ metadata, status: _, ...rest }: LiveObject): object {
  const kept = Object.entries(metadata).filter(([key]) => !BY_SERVER.includes(key))
  return { ...rest, metadata: Object.fromEntries(kept) }
}

function compare(live: unknown, wanted: unknown, at: FieldPath, found: FieldPath[]): void {
  if (isDeepStrictEqual(live, wanted)) return
  const [a, b] = [membersOf(live), membersOf(wanted)]
  if (!a || !b || Array.isArray(live) !== Array.isArray(wanted)) {
    found.push(at)
    return
  }
  for (const key of new Set([...a.keys(), ...b.keys()])) compare(a.get(key), b.get(key), [...at, key], found)
}

/** Members of an object, or of a list whose members have names. Other lists are compared as a whole. */
function membersOf(value: unknown): Map<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value)) return new Map(Object.entries(value))
  const names = value.map((each) => (each as { name?: unknown } | null)?.name)
  const isNamed =
    names.length > 0 && names.every((name) => typeof name === 'string') && new Set(names).size === names.length
  return isNamed ? new Map(value.map((each, index) => [`[name=${names[index]}]`, each])) : undefined
}

/** Other writers that own the field, one of its parts, or what contains it as a whole. Whoever reports the status does not count. */
export function writersOf({ metadata }: LiveObject, path: FieldPath): string[] {
  const others = (metadata.managedFields ?? []).filter(
    ({ manager, subresource }) => manager !== FIELD_MANAGER && subresource !== 'status',
  )
  return [...new Set(others.filter(({ fieldsV1 }) => fieldsV1 && owns(fieldsV1, path)).map(({ manager }) => manager))]
}

function owns(fields: FieldSet, path: FieldPath): boolean {
  let at = fields
  for (const key of path) {
    const next = at[fieldKey(key)]
    if (next === undefined) return false
    // A list or an object that is owned as a whole.
    if (Object.keys(next).length === 0) return true
    at = next
  }
  return true
}

function fieldKey(key: string): string {
  const [, name] = /^\[name=(.*)\]$/.exec(key) ?? []
  return name === undefined ? `f:${key}` : `k:${JSON.stringify({ name })}`
}
