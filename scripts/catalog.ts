/** Writes src/checks/catalog.generated.ts: every folder of src/checks is a check, named by the folder. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const CHECKS = resolve(import.meta.dirname, '../src/checks')
export const CATALOG = join(CHECKS, 'catalog.generated.ts')

export function checkIds(): string[] {
  const folders = readdirSync(CHECKS, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders.map((entry) => entry.name).sort()
}

/** What a folder lacks to be a check. */
export function missingFiles(id: string): string[] {
  return ['check.ts', 'check.test.ts'].filter((name) => !existsSync(join(CHECKS, id, name)))
}

export function renderCatalog(ids: readonly string[]): string {
  const name = (id: string) => id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  // In the order that the formatter keeps imports in.
  const imports = [`import type { Check } from '../engine/check.ts'`]
  for (const id of ids) imports.push(`import { check as ${name(id)} } from './${id}/check.ts'`)
  const entries = ids.map((id) => `  ${name(id)},\n`).join('')
  return `// Written by scripts/catalog.ts: do not edit.\n${imports.join('\n')}\n\nexport const checks: Check[] = [\n${entries}]\n`
}

if (import.meta.main) writeFileSync(CATALOG, renderCatalog(checkIds()))
