import { isDeeper } from './json-depth.ts'

/** The part of a zod schema that is used here. */
interface Schema<T> {
  safeParse(
    value: unknown,
  ):
    | { success: true; data: T }
    | { success: false; error: { issues: { path: PropertyKey[]; message: string; code: string }[] } }
}

/** Parses a message. The nesting is checked before the text is parsed. */
export function parseFrame<T>(schema: Schema<T>, text: string): { frame: T } | { problem: string } {
  if (isDeeper(text)) return { problem: 'nested too deep' }
  const parsed = schema.safeParse(read(text))
  if (parsed.success) return { frame: parsed.data }
  const [issue] = parsed.error.issues
  return { problem: `${issue?.path.join('.') || 'message'}: ${issue?.message || issue?.code}` }
}

function read(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
