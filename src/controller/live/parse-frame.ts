import { UpFrame } from '../../protocol/wire/frames.ts'
import { isDeeper } from '../../protocol/wire/json-depth.ts'

/** Parses a message of a node. The nesting is checked before the text is parsed. */
export function parseFrame(text: string): { frame: UpFrame } | { problem: string } {
  if (isDeeper(text)) return { problem: 'nested too deep' }
  const parsed = UpFrame.safeParse(read(text))
  if (parsed.success) return { frame: parsed.data }
  const [issue] = parsed.error.issues
  return { problem: `${issue?.path.join('.') || 'message'}: ${issue?.message ?? issue?.code}` }
}

function read(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
