import type { FieldSet } from '../../../src/operator/add-ons/kubernetes/kubernetes.ts'

type Key = string
/** A field, as the JSON of the list of its keys. */
export type Field = string

const isNamed = (list: unknown[]) =>
  list.length > 0 && list.every((each) => typeof (each as { name?: unknown })?.name === 'string')

/** The fields that an object sets: lists whose members have names are merged by name, all other lists are one field. */
export function fieldsOf(value: unknown, at: Key[] = []): Map<Field, unknown> {
  const members = membersOf(value)
  if (!members || members.length === 0) return new Map([[JSON.stringify(at), value]])
  return new Map(members.flatMap(([key, child]) => [...fieldsOf(child, [...at, key])]))
}

function membersOf(value: unknown): [Key, unknown][] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value)) return Object.entries(value).map(([key, child]) => [`f:${key}`, child])
  return isNamed(value) ? value.map((each) => [`k:${JSON.stringify({ name: each.name })}`, each]) : undefined
}

export function setField(root: object, field: Field, value: unknown): void {
  const keys = JSON.parse(field) as Key[]
  let at = root as Record<string, unknown>
  for (const [index, key] of keys.entries()) {
    const isLast = index === keys.length - 1
    const next = isLast ? value : keys[index + 1]?.startsWith('k:') ? [] : {}
    if (key.startsWith('k:')) {
      const list = at as unknown as { name: string }[]
      const { name } = JSON.parse(key.slice(2)) as { name: string }
      const found = list.find((each) => each.name === name) ?? { name }
      if (!list.includes(found)) list.push(found)
      at = found as never
    } else {
      const name = key.slice(2)
      if (isLast) at[name] = value
      else if (typeof at[name] !== 'object' || at[name] === null) at[name] = next
      at = at[name] as Record<string, unknown>
    }
  }
}

export function removeField(root: object, field: Field): void {
  const keys = JSON.parse(field) as Key[]
  let at: unknown = root
  for (const key of keys.slice(0, -1)) at = childOf(at, key)
  const last = keys.at(-1) ?? ''
  if (typeof at === 'object' && at !== null) delete (at as Record<string, unknown>)[last.slice(2)]
}

export function readField(root: object, field: Field): unknown {
  return (JSON.parse(field) as Key[]).reduce<unknown>(childOf, root)
}

function childOf(at: unknown, key: Key): unknown {
  if (typeof at !== 'object' || at === null) return undefined
  if (key.startsWith('f:')) return (at as Record<string, unknown>)[key.slice(2)]
  const { name } = JSON.parse(key.slice(2)) as { name: string }
  return Array.isArray(at) ? at.find((each) => each.name === name) : undefined
}

export function fieldsV1(fields: Iterable<Field>): FieldSet {
  const root: FieldSet = {}
  for (const field of fields) {
    let at = root
    for (const key of JSON.parse(field) as Key[]) at = at[key] ??= {}
  }
  return root
}

export function textOf(field: Field): string {
  return (JSON.parse(field) as Key[])
    .map((key) => (key.startsWith('f:') ? `.${key.slice(2)}` : `[${key.slice(2)}]`))
    .join('')
}
