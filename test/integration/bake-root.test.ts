// The end of "agent bake --root", which waits in its namespaces for another process of the agent.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const root = mkdtempSync(join(tmpdir(), 'bake-root-'))
afterAll(() => rmSync(root, { recursive: true }))
const IN_TREE = join(import.meta.dirname, '../../src/agent/execute/bake/in-tree.ts')

/** What the first process of the namespaces does, and its exit code when it is told to end. */
const WORK = `
process.once('SIGTERM', () => process.exit(70))
setTimeout(() => process.exit(71), 60_000)
console.log('works as process ' + process.pid)
`

test.each(['SIGTERM', 'SIGHUP'] as const)(
  '%s ends the work in the namespaces, whose exit code is that of the command',
  async (signal) => {
    mkdirSync(join(root, 'proc'), { recursive: true })
    const outer = `const { enterNamespaces } = await import(${JSON.stringify(IN_TREE)})
    process.exitCode = await enterNamespaces(${JSON.stringify(root)}, ['-e', ${JSON.stringify(WORK)}])`
    const command = spawn(process.execPath, ['--input-type=module', '-e', outer], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [said] = await once(command.stdout, 'data')
    expect(String(said)).toBe('works as process 1\n')
    command.kill(signal)
    expect(await once(command, 'exit')).toEqual([70, null])
  },
)
