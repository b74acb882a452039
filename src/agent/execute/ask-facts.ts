import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Facts } from '../../protocol/wire/facts.ts'
import type { Log } from '../log.ts'
import type { Self } from '../self.ts'

/** Collected by a short-lived process: what it takes to look at hardware does not stay in this one. */
export async function askFacts([command, ...before]: Self, log: Log): Promise<Facts | undefined> {
  try {
    const { stdout } = await promisify(execFile)(command, [...before, 'facts'], { timeout: 60_000, maxBuffer: 2 ** 20 })
    return JSON.parse(stdout) as Facts
  } catch (error) {
    log('warn', `facts of this machine cannot be told: ${(error as Error).message}`)
    return undefined
  }
}
