import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const SRC = resolve(import.meta.dirname, '../../src')

/** The files of src/ without tests, as paths relative to src/. */
export const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.tsx?$/.test(file) && !file.endsWith('.test.ts'),
)

export const textOf = (file: string) => readFileSync(join(SRC, file), 'utf8')

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^'\n;]*(?:\n[^'\n;]*)*?\bfrom '([^']+)'|import\('([^']+)'\)|^import '([^']+)'/g

/** The imports of a file, including type-only ones: packages by name, files by their path in src/ without `.ts` or `.tsx`. */
export function importsOf(file: string): { packages: string[]; files: string[] } {
  const names = [...textOf(file).matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
  const isFile = (name: string) => name.startsWith('.') && /\.tsx?$/.test(name)
  const pathOf = (name: string) => relative(SRC, resolve(SRC, dirname(file), name)).replace(/\.tsx?$/, '')
  return { packages: names.filter((name) => !name.startsWith('.')), files: names.filter(isFile).map(pathOf) }
}

export const isUnder = (path: string, folder: string) =>
  path === folder || path === `${folder}.ts` || path.startsWith(`${folder}/`)

/** Each import cycle once, from the file where it was found and back to it. */
export function importCycles(): string[] {
  const sources = new Map(files.map((file) => [file.replace(/\.tsx?$/, ''), importsOf(file).files]))
  const visited = new Set<string>()
  const found: string[] = []
  const visit = (file: string, path: readonly string[]) => {
    const at = path.indexOf(file)
    if (at >= 0) found.push([...path.slice(at), file].join(' -> '))
    if (visited.has(file)) return
    visited.add(file)
    for (const target of sources.get(file) ?? []) visit(target, [...path, file])
  }
  for (const file of sources.keys()) visit(file, [])
  return found
}
