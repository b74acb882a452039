import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

export const SRC = resolve(import.meta.dirname, '../../src')

/** The files of src/ without tests, relative to it. */
export const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
)

export const textOf = (file: string) => readFileSync(join(SRC, file), 'utf8')

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^'\n;]*(?:\n[^'\n;]*)*?\bfrom '([^']+)'|import\('([^']+)'\)|^import '([^']+)'/g

/** What a file imports, type-only imports too: packages by name, files of src/ by their path in it without `.ts`. */
export function importsOf(file: string): { packages: string[]; files: string[] } {
  const names = [...textOf(file).matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
  const isFile = (name: string) => name.startsWith('.') && !name.endsWith('.json')
  const pathOf = (name: string) => relative(SRC, resolve(SRC, dirname(file), name)).replace(/\.ts$/, '')
  return { packages: names.filter((name) => !name.startsWith('.')), files: names.filter(isFile).map(pathOf) }
}

export const isUnder = (path: string, folder: string) =>
  path === folder || path === `${folder}.ts` || path.startsWith(`${folder}/`)

/** Each circle of imports once, from the file where it was found and back to it. */
export function circles(): string[] {
  const visited = new Set<string>()
  const found: string[] = []
  const visit = (file: string, way: readonly string[]) => {
    const at = way.indexOf(file)
    if (at >= 0) found.push([...way.slice(at), file].join(' -> '))
    if (visited.has(file)) return
    visited.add(file)
    for (const target of importsOf(`${file}.ts`).files) visit(target, [...way, file])
  }
  for (const file of files) visit(file.replace(/\.ts$/, ''), [])
  return found
}
