export type Range = { kind: 'all' } | { kind: 'part'; start: number; end: number } | { kind: 'unsatisfiable' }

/**
 * Parses a Range header (RFC 9110) for a file of `size` bytes; `end` is the last byte. Several ranges, and anything that is
 * not a byte range, mean the whole file.
 */
export function parseRange(header: string | undefined, size: number): Range {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return { kind: 'all' }
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? { kind: 'unsatisfiable' } : { kind: 'part', start: size - length, end: size - 1 }
  }
  const start = Number(first)
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== '' && Number(last) < start) return { kind: 'all' }
  return start >= size ? { kind: 'unsatisfiable' } : { kind: 'part', start, end }
}
