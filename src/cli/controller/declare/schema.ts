import * as z from 'zod/mini'
import { Declaration } from '../../../protocol/declaration/declaration.ts'
import type { Path } from './documents.ts'
import { fieldsAt } from './fields.ts'

type Json = Record<string, unknown>

/** The JSON schema of a file, for editors. It accepts what the controller accepts, and a few values more. */
export function declarationSchema(): Json {
  const schema = z.toJSONSchema(Declaration, { io: 'input', unrepresentable: 'any' }) as Json
  return { ...schema, title: 'Cluster of Cantrip', ...described(schema, []) }
}

/** The properties with their descriptions. */
function described(schema: Json, path: Path): Json {
  const fields = fieldsAt(path)
  const properties = schema.properties as Record<string, Json> | undefined
  if (!fields || !properties) return schema
  const withHelp = Object.entries(properties).map(([name, property]): [string, Json] => {
    const { help, wanted } = fields[name] ?? {}
    const description = [help, wanted && `Wanted: ${wanted}`].filter(Boolean).join('. ')
    const inner = [...path, name]
    const items = property.items as Json | undefined
    const own = items ? { ...property, items: described(items, [...inner, 0]) } : described(property, inner)
    return [name, { ...own, description }]
  })
  // An empty match would match everything.
  const least = path.at(-1) === 'match' ? { minProperties: 1 } : {}
  return { ...schema, ...least, properties: Object.fromEntries(withHelp) }
}
