import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The directory of the programs of a Python environment with exactly these packages, which is made once in the cache. */
export async function pythonPrograms(name: string, requirements: string): Promise<string> {
  const cache = process.env.CANTRIP_CACHE ?? join(homedir(), '.cache/cantrip')
  const sum = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 8)
  const place = join(cache, `${name}-${sum}`)
  if (!existsSync(join(place, 'installed'))) {
    rmSync(place, { recursive: true, force: true })
    mkdirSync(cache, { recursive: true })
    await run('python3', ['-m', 'venv', place])
    await run(join(place, 'bin/pip'), ['install', '--quiet', '--no-deps', '--requirement', requirements])
    mkdirSync(join(place, 'installing'))
    renameSync(join(place, 'installing'), join(place, 'installed'))
  }
  return join(place, 'bin')
}
