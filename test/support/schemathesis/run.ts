import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pythonPrograms } from '../python.ts'

const run = promisify(execFile)
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt')
const CONFIG = join(import.meta.dirname, 'schemathesis.toml')

/** Its output. `cwd`: a directory for its files. */
export async function schemathesis(cwd: string, url: string, argv: readonly string[]): Promise<string> {
  const program = join(await pythonPrograms('schemathesis', REQUIREMENTS), 'schemathesis')
  const all = ['--config-file', CONFIG, 'run', `${url}/openapi.json`, '--tls-verify', 'false', '--no-color', ...argv]
  const { stdout } = await run(program, all, { cwd, maxBuffer: 2 ** 26 }).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? String(error),
  }))
  return stdout
}
