export interface Directive {
  section: string
  name: string
  value: string
}

/** Directives of a unit file in order. A backslash at the end of a line continues the value (systemd.syntax(7)). */
export function parseUnitFile(text: string): Directive[] {
  const directives: Directive[] = []
  let section = ''
  for (const line of joinedLines(text)) {
    const heading = /^\[(.+)\]$/.exec(line)?.[1]
    if (heading !== undefined) section = heading
    const [, name, value = ''] = /^([A-Za-z][A-Za-z0-9-]*)\s*=\s*(.*)$/.exec(line) ?? []
    if (name !== undefined) directives.push({ section, name, value })
  }
  return directives
}

function joinedLines(text: string): string[] {
  const lines: string[] = []
  let begun: string | undefined
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line.startsWith('#') || line.startsWith(';')) continue
    const whole = begun === undefined ? line : `${begun} ${line}`
    begun = whole.endsWith('\\') ? whole.slice(0, -1).trimEnd() : undefined
    if (begun === undefined) lines.push(whole)
  }
  return begun === undefined ? lines : [...lines, begun]
}
