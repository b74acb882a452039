/**
 * Writes src/checks/catalog.generated.ts: every folder of src/checks is a check, named by the folder, and where a mend.ts
 * lies beside it, that is what `precheck --fix` does about it.
 */
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

export function mendIds(): string[] {
  return checkIds().filter((id) => existsSync(join(CHECKS, id, 'mend.ts')))
}

export function renderCatalog(ids: readonly string[], mended: readonly string[]): string {
  const name = (id: string) => id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  // In the order that the formatter keeps imports in.
  const imports = [
    `import type { Check, CheckParams } from '../engine/checks/check.ts'`,
    `import type { Step } from '../engine/step.ts'`,
  ]
  for (const id of ids) {
    imports.push(`import { check as ${name(id)} } from './${id}/check.ts'`)
    if (mended.includes(id)) imports.push(`import { mend as ${name(`mend-${id}`)} } from './${id}/mend.ts'`)
  }
  const mends = mended.map((id) => name(`mend-${id}`))
  return [
    `// Written by scripts/catalog.ts: do not edit.\n${imports.join('\n')}\n`,
    list('export const checks: Check[]', ids.map(name)),
    `/** By id: \`mend/\` and the id of the check. */\n${list('export const mends: Step<CheckParams>[]', mends)}`,
  ].join('\n')
}

/** As the formatter has it: in one line where that is short enough. */
function list(declaration: string, names: readonly string[]): string {
  const line = `${declaration} = [${names.join(', ')}]\n`
  return line.length <= 121 ? line : `${declaration} = [\n${names.map((name) => `  ${name},\n`).join('')}]\n`
}

if (import.meta.main) writeFileSync(CATALOG, renderCatalog(checkIds(), mendIds()))
