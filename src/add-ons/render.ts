import { AgentError } from '../base/agent-error.ts'
import type { AddOnDescription } from './format.ts'
import { type KubernetesObject, objectId, refOf, requireShapes } from './objects.ts'
import { type Value, validValue } from './value.ts'

/** On every object of an add-on, with the add-on's id. */
export const ADD_ON_LABEL = 'cantrip.local/add-on'

/**
 * The objects to apply: those of the add-on with its values, and the label. Values that `values` does not contain have their
 * default. Throws AgentError for an unknown or invalid value, and if a value is set at a place that does not exist.
 */
export function renderAddOn(
  description: Pick<AddOnDescription, 'id' | 'values'>,
  objects: readonly KubernetesObject[],
  values: Readonly<Record<string, unknown>>,
): KubernetesObject[] {
  const { id } = description
  for (const name of Object.keys(values)) if (!Object.hasOwn(description.values, name)) throw unknown(description, name)
  const rendered = structuredClone([...objects])
  const byId = new Map(rendered.map((object) => [objectId(refOf(object)), object]))
  for (const [name, { schema, sets, default: standard }] of Object.entries(description.values)) {
    const value = validValue(id, name, schema, Object.hasOwn(values, name) ? values[name] : standard)
    for (const { object, pointer, text } of sets) {
      const target = byId.get(object)
      const set = text === undefined ? value : text.replaceAll('{}', () => String(value))
      if (target === undefined || !setAt(target, pointer, set)) throw misplaced(id, name, `${object}#${pointer}`)
    }
  }
  // A value can be at any place.
  requireShapes(id, rendered)
  for (const { metadata } of rendered) metadata.labels = { ...metadata.labels, [ADD_ON_LABEL]: id }
  return rendered
}

/** False if the place does not exist. */
function setAt(object: KubernetesObject, pointer: string, value: Value): boolean {
  const path = pointer.slice(1).split('/').map(unescaped)
  const last = path.pop() ?? ''
  let at: unknown = object
  for (const key of path) at = memberOf(at, key)
  if (Array.isArray(at)) {
    if (last === '-') at.push(value)
    else if (isIndex(last) && Number(last) < at.length) at[Number(last)] = value
    else return false
    return true
  }
  if (typeof at !== 'object' || at === null || last === '__proto__') return false
  ;(at as Record<string, unknown>)[last] = value
  return true
}

function memberOf(at: unknown, key: string): unknown {
  if (Array.isArray(at)) return isIndex(key) ? at[Number(key)] : undefined
  if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
  return (at as Record<string, unknown>)[key]
}

const isIndex = (key: string) => /^(0|[1-9]\d{0,5})$/.test(key)
const unescaped = (key: string) => key.replaceAll('~1', '/').replaceAll('~0', '~')

function unknown({ id, values }: Pick<AddOnDescription, 'id' | 'values'>, name: string): AgentError {
  const known = Object.keys(values).join(', ')
  const wanted = known === '' ? 'it has no values' : `wanted one of ${known}`
  return new AgentError('add-on/unknown-value', `the add-on ${id} has no value ${name}; ${wanted}`, {
    fix: 'remove the value from the blueprint, or correct its name',
    kind: 'invalid',
  })
}

function misplaced(id: string, name: string, place: string): AgentError {
  return new AgentError(
    'add-on/misplaced-value',
    `the value ${name} of the add-on ${id} is set at ${place}, which its objects do not have`,
    {
      fix: 'correct the place in the description of the add-on',
      kind: 'invalid',
    },
  )
}
