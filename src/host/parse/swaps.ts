import { unescapeOctal } from './mountinfo.ts'

export interface Swap {
  /** Device or file. */
  path: string
  type: string
  kib: number
}

/** /proc/swaps, see proc(5); spaces in a name are written \040. */
export function parseSwaps(text: string): Swap[] {
  return text.split('\n').flatMap((line) => {
    const [, path = '', type = '', size = ''] = /^(\/\S+)\s+(\S+)\s+(\d+)\s/.exec(line) ?? []
    return path === '' ? [] : [{ path: unescapeOctal(path), type, kib: Number(size) }]
  })
}

/** Swap that the next boot enables by fstab(5), without `noauto`. */
export function parseFstabSwaps(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [source = '', , type, options = ''] = line.trim().split(/\s+/)
    return type === 'swap' && !source.startsWith('#') && !options.split(',').includes('noauto') ? [source] : []
  })
}
