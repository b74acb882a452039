export interface Row {
  /** Begins with 1. */
  line: number
  fields: string[]
}

/** The rows of a CSV file (RFC 4180); empty lines are omitted. A number: the line where a quote is wrong. */
export function csvRows(text: string, separator: string): Row[] | number {
  const rows: Row[] = []
  const field = new RegExp(`(?:"((?:[^"]|"")*)"|([^"${separator}\\r\\n]*))(${separator}|\\r?\\n|$)`, 'y')
  let line = 1
  let row: Row = { line, fields: [] }
  while (field.lastIndex < text.length || row.fields.length > 0) {
    const found = field.exec(text)
    if (!found) return line
    const [all, quoted, plain = '', end] = found
    row.fields.push((quoted?.replaceAll('""', '"') ?? plain).trim())
    line += all.split('\n').length - 1
    if (end === separator) continue
    if (row.fields.some((each) => each !== '')) rows.push(row)
    row = { line, fields: [] }
  }
  return rows
}
