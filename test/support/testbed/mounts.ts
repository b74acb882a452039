import { readFileSync } from 'node:fs'
import { must } from './run.ts'

/** Mount points at or below a directory, the deepest last. */
export function mountsBelow(directory: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => (line.split(' ')[4] ?? '').replaceAll('\\040', ' '))
    .filter((point) => point === directory || point.startsWith(`${directory}/`))
}

export async function unmountBelow(directory: string): Promise<void> {
  for (const point of mountsBelow(directory).reverse()) await must(['umount', point])
}
