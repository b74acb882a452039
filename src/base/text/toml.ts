import { parse, TomlError } from 'smol-toml'

/** What a text in TOML says; or its syntax error with line and column, without what the text says there, which may be a secret. */
export function readToml(text: string): { value: Record<string, unknown> } | { problem: string } {
  try {
    // Go's numbers have 64 bits.
    return { value: parse(text, { integersAsBigInt: true }) }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const [first = ''] = error.message.split('\n')
    return { problem: `${first.replace(/^Invalid TOML document: /, '')} at line ${error.line}, column ${error.column}` }
  }
}

/** The syntax error of a text that is not TOML. */
export function tomlProblem(text: string): string | undefined {
  const read = readToml(text)
  return 'problem' in read ? read.problem : undefined
}
