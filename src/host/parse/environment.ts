/** Parses `NAME=value` lines of `systemctl show-environment`, which quotes values with special characters as `$'…'`. */
export function parseEnvironment(text: string): Map<string, string> {
  const variables = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, name, value = ''] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? []
    if (name !== undefined) variables.set(name, unquote(value))
  }
  return variables
}

function unquote(value: string): string {
  const inner = /^\$?'(.*)'$/.exec(value)?.[1] ?? /^"(.*)"$/.exec(value)?.[1]
  return inner === undefined ? value : inner.replace(/\\(.)/g, '$1')
}
