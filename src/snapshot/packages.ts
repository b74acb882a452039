import type { Argv } from '../host/argv.ts'
import { askIfInstalled } from '../host/ask-if-installed.ts'
import type { HostView } from '../host/host.ts'

const BATCH = 200
const LIMITS = { timeoutMs: 30_000 }

/** The package of each file, by the database of dpkg or rpm. Files without a package are omitted. */
export async function packagesOf(view: HostView, paths: readonly string[]): Promise<Map<string, string>> {
  const owners = new Map<string, string>()
  for (let from = 0; from < paths.length; from += BATCH) {
    const batch = paths.slice(from, from + BATCH)
    for (const line of (await outputOf(view, ['dpkg-query', '--search', '--', ...batch])).split('\n')) {
      const [, owner, path] = /^(.+?): (\/.*)$/.exec(line) ?? []
      if (owner !== undefined && path !== undefined) owners.set(path, owner)
    }
    const rpm = await outputOf(view, ['rpm', '--query', '--file', '--queryformat', '%{NAME}\n', '--', ...batch])
    const lines = rpm.split('\n')
    // One line per file, in the order of the arguments; a sentence for a file without a package.
    for (const [index, path] of batch.entries())
      if (/^[\w.+-]+$/.test(lines[index] ?? '')) owners.set(path, lines[index] ?? '')
  }
  return owners
}

/** Ignores the exit code, which is not 0 if one file has no package. */
async function outputOf(view: HostView, argv: Argv): Promise<string> {
  return (await askIfInstalled(view, argv, LIMITS))?.stdout ?? ''
}
