import type { Facts } from '../facts.ts'
import type { Observer } from './observer.ts'
import { VOLATILE_SYSCTLS } from './places.ts'

const ROOT = '/proc/sys'

export async function lookAtSysctls({ walk }: Observer): Promise<Facts> {
  const entries = await walk(ROOT, { depth: 8, contentBytes: 4096, text: true, skip: new Set(), most: 10_000 })
  const facts: Facts = {}
  for (const { path, text } of entries) {
    if (text === undefined) continue
    const key = keyOf(path)
    if (VOLATILE_SYSCTLS.some((pattern) => pattern.test(key))) continue
    facts[key] = text.trim().split(/\s+/).join(' ')
  }
  return facts
}

/** The key as in sysctl(8): a dot in a file name is a slash in the key. */
function keyOf(path: string): string {
  return path.slice(ROOT.length + 1).replace(/[./]/g, (c) => (c === '/' ? '.' : '/'))
}
