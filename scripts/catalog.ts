/**
 * Writes src/checks/catalog.generated.ts: every folder of src/checks is a check, named by the folder. A fix-step.ts in the
 * folder is what `precheck --fix` runs for it.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const CHECKS = resolve(import.meta.dirname, '../src/checks')
export const CATALOG = join(CHECKS, 'catalog.generated.ts')

export function checkIds(): string[] {
  const folders = readdirSync(CHECKS, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders.map((entry) => entry.name).sort()
}

/** Files that a folder needs to be a check, and that are missing. */
export function missingFiles(id: string): string[] {
  return ['check.ts', 'check.test.ts'].filter((name) => !existsSync(join(CHECKS, id, name)))
}

export function fixableIds(): string[] {
  return checkIds().filter((id) => existsSync(join(CHECKS, id, 'fix-step.ts')))
}

export function renderCatalog(ids: readonly string[], fixable: readonly string[]): string {
  const name = (id: string) => id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  // In the order of the formatter.
  const imports = [
    `import type { Check, CheckParams } from '../engine/checks/check.ts'`,
    `import type { Step } from '../engine/step.ts'`,
  ]
  for (const id of ids) {
    imports.push(`import { check as ${name(id)} } from './${id}/check.ts'`)
    if (fixable.includes(id)) imports.push(`import { fixStep as ${name(`fix-${id}`)} } from './${id}/fix-step.ts'`)
  }
  const fixSteps = fixable.map((id) => name(`fix-${id}`))
  return [
    `// Written by scripts/catalog.ts: do not edit.\n${imports.join('\n')}\n`,
    list('export const checks: Check[]', ids.map(name)),
    `/** By id: \`mend/\` and the id of the check. */\n${list('export const fixSteps: Step<CheckParams>[]', fixSteps)}`,
  ].join('\n')
}

/** As the formatter writes it: on one line if that is short enough. */
function list(declaration: string, names: readonly string[]): string {
  const line = `${declaration} = [${names.join(', ')}]\n`
  return line.length <= 121 ? line : `${declaration} = [\n${names.map((name) => `  ${name},\n`).join('')}]\n`
}

if (import.meta.main) writeFileSync(CATALOG, renderCatalog(checkIds(), fixableIds()))
