import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Facts } from '../../protocol/wire/facts.ts'
import type { Log } from '../log.ts'
import type { AgentPaths } from '../paths.ts'
import type { Self } from '../self.ts'

/** Collects facts in a short-lived process, so that the memory this needs is freed afterwards. */
export async function askFacts(
  [command, ...before]: Self,
  { instance }: Pick<AgentPaths, 'instance'>,
  log: Log,
): Promise<Facts | undefined> {
  const argv = [...before, 'facts', ...(instance === undefined ? [] : ['--instance', instance])]
  try {
    const { stdout } = await promisify(execFile)(command, argv, { timeout: 60_000, maxBuffer: 2 ** 20 })
    return JSON.parse(stdout) as Facts
  } catch (error) {
    log('warn', `cannot collect facts about this machine: ${(error as Error).message}`)
    return undefined
  }
}
