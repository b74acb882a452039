/** The syntax error of a text that is not TOML, with line and column. Without what the text says there, which may be a secret. */
export async function tomlProblem(text: string): Promise<string | undefined> {
  const { parse, TomlError } = await import('smol-toml')
  try {
    // Go's numbers have 64 bits.
    parse(text, { integersAsBigInt: true })
    return undefined
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const [first = ''] = error.message.split('\n')
    return `${first.replace(/^Invalid TOML document: /, '')} at line ${error.line}, column ${error.column}`
  }
}
