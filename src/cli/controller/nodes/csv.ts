import { printable } from '../../../base/text/printable.ts'

export interface Field<T> {
  title: string
  of(row: T): string | number
}

/**
 * A CSV file (RFC 4180) with a line of titles. No text is what a spreadsheet takes for a formula, also where it splits lines at
 * semicolons, as in a German locale.
 */
export function csv<T>(rows: readonly T[], fields: readonly Field<T>[]): string {
  const lines = [fields.map(({ title }) => title), ...rows.map((row) => fields.map(({ of }) => of(row)))]
  return lines.map((line) => `${line.map(cell).join(',')}\r\n`).join('')
}

function cell(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const text = printable(value).replace(/(?<=^|;)(?=[\s"]*[=+@-])/g, "'")
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
