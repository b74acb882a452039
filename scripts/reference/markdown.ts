export const code = (text: string) => `\`${text}\``

/** A table. Cells must not contain line breaks. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n')
}

export const fenced = (text: string) => `\`\`\`\n${text}\n\`\`\``

export function page(title: string, ...parts: readonly string[]): string {
  const note = '<!-- Written by scripts/reference.ts from the code: do not edit. -->'
  return `${[note, `# ${title}`, ...parts].join('\n\n')}\n`
}
