import * as z from 'zod/mini'
import { AgentError } from '../base/agent-error.ts'

const MOST_CHARACTERS = 256
const LONGEST_PATTERN = 200
/** Each is a choice of up to as many as the text has characters, and they multiply. */
const MOST_CHOICES = 3

/**
 * Patterns come from people's add-ons, and are matched in the controller: one that repeats a group, looks around, refers
 * back or has many choices could take hours for a short text.
 */
export function isSafePattern(pattern: string): boolean {
  if (pattern.length > LONGEST_PATTERN) return false
  const plain = pattern
    .replaceAll(/\\(?:[pPu]\{[^}]*\}|[^0-9k])/g, '_')
    .replaceAll(/\[[^\]]*\]/g, '_')
    .replaceAll('(?:', '(')
  if (/\\|\)[*+{]|\(\?/.test(plain)) return false
  if (repetitionsIn(plain) + alternativesIn(plain) > MOST_CHOICES) return false
  try {
    new RegExp(pattern, 'u')
    return true
  } catch {
    return false
  }
}

/** All but `{n}`, which leaves no choice. A `?` after another one belongs to it. */
function repetitionsIn(plain: string): number {
  return (plain.replaceAll(/\{\d+\}\??/g, '').match(/(?:[*+?]|\{[^}]*\})\??/g) ?? []).length
}

/** Groups with alternatives: all of them may match the same text. */
function alternativesIn(plain: string): number {
  const [group, inner = ''] = /\(([^()]*)\)/.exec(plain) ?? []
  if (group === undefined) return 0
  return (inner.includes('|') ? 1 : 0) + alternativesIn(plain.replace(group, () => '_'))
}

/** The part of JSON Schema that values of add-ons use. */
export const ValueSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('string'),
    enum: z.optional(z.array(z.string().check(z.maxLength(MOST_CHARACTERS))).check(z.minLength(1), z.maxLength(50))),
    pattern: z.optional(
      z
        .string()
        .check(
          z.maxLength(LONGEST_PATTERN),
          z.refine(isSafePattern, 'wanted a pattern without repeated groups, and with at most 3 choices'),
        ),
    ),
    maxLength: z.optional(z.int().check(z.positive(), z.maximum(MOST_CHARACTERS))),
  }),
  z.strictObject({ type: z.literal('integer'), minimum: z.optional(z.int()), maximum: z.optional(z.int()) }),
  z.strictObject({ type: z.literal('boolean') }),
])

export type ValueSchema = z.infer<typeof ValueSchema>
export type Value = string | number | boolean

/** The value of `addOn` by this name, if it is valid; throws AgentError otherwise. */
export function validValue(addOn: string, name: string, schema: ValueSchema, value: unknown): Value {
  if (isValid(schema, value)) return value
  const found = JSON.stringify(value)?.slice(0, 100)
  throw new AgentError(
    'add-on/invalid-value',
    `the value ${name} of the add-on ${addOn} is ${found}; wanted ${wantedOf(schema)}`,
    { fix: 'change the value in the blueprint', kind: 'invalid' },
  )
}

function isValid(schema: ValueSchema, value: unknown): value is Value {
  if (schema.type === 'boolean') return typeof value === 'boolean'
  if (schema.type === 'integer') {
    const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = schema
    return Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum
  }
  if (typeof value !== 'string' || value.length > (schema.maxLength ?? MOST_CHARACTERS)) return false
  if (schema.enum && !schema.enum.includes(value)) return false
  return schema.pattern === undefined || new RegExp(`^(?:${schema.pattern})$`, 'u').test(value)
}

/** For people: what is valid. */
export function wantedOf(schema: ValueSchema): string {
  if (schema.type === 'boolean') return 'true or false'
  if (schema.type === 'integer') {
    const { minimum, maximum } = schema
    const limits = [minimum !== undefined && `at least ${minimum}`, maximum !== undefined && `at most ${maximum}`]
    return ['an integer', limits.filter(Boolean).join(' and ')].filter(Boolean).join(', ')
  }
  if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(' or ')
  const parts = [`a text of at most ${schema.maxLength ?? MOST_CHARACTERS} characters`]
  if (schema.pattern !== undefined) parts.push(`like ${schema.pattern}`)
  return parts.join(' ')
}
