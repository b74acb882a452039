/** A column, as what is found and sorted by it. */
export interface Sought<Row> {
  key: string
  text: (row: Row) => string
  /** Default: by the text. */
  rank?: (row: Row) => number | string
}

export interface Order {
  key: string
  isDescending: boolean
}

/**
 * The rows that contain every word. `state:ready` is looked for in one column; a word without the key of a column in any.
 * Upper and lower case do not count.
 */
export function found<Row>(rows: readonly Row[], columns: readonly Sought<Row>[], words: string): readonly Row[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean)
  if (wanted.length === 0) return rows
  const tests = wanted.map((word) => testOf(columns, word))
  return rows.filter((row) => tests.every((test) => test(row)))
}

function testOf<Row>(columns: readonly Sought<Row>[], word: string): (row: Row) => boolean {
  const at = word.indexOf(':')
  const column = at > 0 ? columns.find(({ key }) => key.toLowerCase() === word.slice(0, at)) : undefined
  if (column)
    return (row) =>
      column
        .text(row)
        .toLowerCase()
        .includes(word.slice(at + 1))
  return (row) => columns.some(({ text }) => text(row).toLowerCase().includes(word))
}

const byNumber = new Intl.Collator('en', { numeric: true })

/** Sorted by one column; `worker-2` is before `worker-10`. */
export function sorted<Row>(
  rows: readonly Row[],
  columns: readonly Sought<Row>[],
  { key, isDescending }: Order,
): readonly Row[] {
  const column = columns.find((each) => each.key === key)
  if (column === undefined) return rows
  const rank = column.rank ?? column.text
  const ranked = rows.map((row) => ({ row, rank: rank(row) }))
  ranked.sort((a, b) => compare(a.rank, b.rank))
  if (isDescending) ranked.reverse()
  return ranked.map(({ row }) => row)
}

function compare(a: number | string, b: number | string): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : byNumber.compare(String(a), String(b))
}

/** `name`, or `-name` from the end. */
export function orderOf(text: string): Order {
  const isDescending = text.startsWith('-')
  return { key: isDescending ? text.slice(1) : text, isDescending }
}

export const orderText = ({ key, isDescending }: Order): string => `${isDescending ? '-' : ''}${key}`
