import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt')
const CONFIG = join(import.meta.dirname, 'schemathesis.toml')

/** The program, in a Python environment of its own in the cache. */
async function program(): Promise<string> {
  const cache = process.env.CANTRIP_CACHE ?? join(homedir(), '.cache/cantrip')
  const sum = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 8)
  const place = join(cache, `schemathesis-${sum}`)
  if (!existsSync(join(place, 'installed'))) {
    rmSync(place, { recursive: true, force: true })
    mkdirSync(cache, { recursive: true })
    await run('python3', ['-m', 'venv', place])
    await run(join(place, 'bin/pip'), ['install', '--quiet', '--no-deps', '--requirement', REQUIREMENTS])
    mkdirSync(join(place, 'installing'))
    renameSync(join(place, 'installing'), join(place, 'installed'))
  }
  return join(place, 'bin/schemathesis')
}

/** Its output. `cwd`: a directory for its files. */
export async function schemathesis(cwd: string, url: string, argv: readonly string[]): Promise<string> {
  const all = ['--config-file', CONFIG, 'run', `${url}/openapi.json`, '--tls-verify', 'false', '--no-color', ...argv]
  const { stdout } = await run(await program(), all, { cwd, maxBuffer: 2 ** 26 }).catch(
    (error: { stdout?: string }) => ({ stdout: error.stdout ?? String(error) }),
  )
  return stdout
}
