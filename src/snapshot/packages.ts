import { AgentError } from '../base/agent-error.ts'
import type { Argv } from '../host/argv.ts'
import type { HostView } from '../host/host.ts'

const BATCH = 200
const PATIENCE = { timeoutMs: 30_000 }

/** Which package a file belongs to, by the database of dpkg or rpm; files that no package knows are left out. */
export async function packagesOf(view: HostView, paths: readonly string[]): Promise<Map<string, string>> {
  const owners = new Map<string, string>()
  for (let from = 0; from < paths.length; from += BATCH) {
    const batch = paths.slice(from, from + BATCH)
    for (const line of (await said(view, ['dpkg-query', '--search', '--', ...batch])).split('\n')) {
      const [, owner, path] = /^(.+?): (\/.*)$/.exec(line) ?? []
      if (owner !== undefined && path !== undefined) owners.set(path, owner)
    }
    const rpm = await said(view, ['rpm', '--query', '--file', '--queryformat', '%{NAME}\n', '--', ...batch])
    const lines = rpm.split('\n')
    // A line a file, in their order; a file that is not known gets a sentence.
    for (const [index, path] of batch.entries())
      if (/^[\w.+-]+$/.test(lines[index] ?? '')) owners.set(path, lines[index] ?? '')
  }
  return owners
}

/** Both end with an exit code when one file is not known. */
async function said(view: HostView, argv: Argv): Promise<string> {
  try {
    return (await view.ask(argv, PATIENCE)).stdout
  } catch (error) {
    if (error instanceof AgentError && error.code === 'command/not-found') return ''
    throw error
  }
}
