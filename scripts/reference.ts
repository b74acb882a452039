/**
 * Generates docs/reference/ and the diagram of imports in docs/architecture.md from the code. With `--check` it writes
 * nothing, and exits with 1 if a page is stale.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { createProgram as createAgent } from '../src/cli/agent/program.ts'
import { createProgram as createController } from '../src/cli/controller/program.ts'
import { checksPage } from './reference/checks.ts'
import { commandsPage } from './reference/commands.ts'
import { errorCodesPage, errorMessages } from './reference/error-codes.ts'
import { exitCodesPage } from './reference/exit-codes.ts'
import { filesPage } from './reference/files.ts'
import { importsDiagram, importsTable } from './reference/imports.ts'
import { settingsPage } from './reference/settings.ts'

const DOCS = resolve(import.meta.dirname, '../docs')

/** Text by path below docs/. */
async function renderReference(): Promise<Map<string, string>> {
  return new Map([
    ['reference/agent.md', commandsPage(createAgent(), 'The executable on every node.')],
    ['reference/controller.md', commandsPage(createController(), "The controller and the administrator's commands.")],
    ['reference/checks.md', checksPage()],
    ['reference/settings.md', settingsPage()],
    ['reference/files.md', await filesPage()],
    ['reference/exit-codes.md', exitCodesPage()],
    ['reference/error-codes.md', errorCodesPage()],
    // The controller serves it.
    ['../src/controller/api/reference/error-messages.generated.ts', errorMessages()],
    ['architecture.md', withImports(textOf('architecture.md'))],
  ])
}

/** Replaces the two generated parts of architecture.md. */
function withImports(text: string): string {
  const parts = { diagram: importsDiagram(), rules: importsTable() }
  return Object.entries(parts).reduce(
    (all, [name, part]) =>
      all.replace(
        new RegExp(`(<!-- ${name}: written by scripts/reference.ts -->\n)[^]*?(\n<!-- end -->)`),
        (_, begin: string, end: string) => `${begin}\n${part}\n\n${end}`,
      ),
    text,
  )
}

/** Paths below docs/ of pages that are stale. */
export async function staleReference(): Promise<string[]> {
  return [...(await renderReference())].filter(([path, text]) => textOf(path) !== text).map(([path]) => path)
}

const textOf = (path: string) => (existsSync(join(DOCS, path)) ? readFileSync(join(DOCS, path), 'utf8') : '')

if (import.meta.main) {
  const stale = await staleReference()
  if (process.argv.includes('--check')) {
    if (stale.length > 0) console.error(`Stale: ${stale.join(', ')}. Run: node scripts/reference.ts`)
    process.exitCode = stale.length > 0 ? 1 : 0
  } else {
    const pages = await renderReference()
    for (const path of stale) {
      mkdirSync(dirname(join(DOCS, path)), { recursive: true })
      writeFileSync(join(DOCS, path), pages.get(path) ?? '')
      console.log(`docs/${path}`)
    }
  }
}
