/** What long campaigns share: how long they are, their seed, and the file that tells what they reached. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** `scripts/test --full`; otherwise a sample. */
export const isFull = process.env.CANTRIP_FULL === '1'

/** CANTRIP_SEED, to see a failure again; another one each day otherwise. Say it wherever something fails. */
export const seed = Number(process.env.CANTRIP_SEED ?? Math.floor(Date.now() / 86_400_000))

export interface Reached {
  /** What was asked for, and what was done: `{ cases: 10000 }`. */
  counts: Record<string, number>
  failed: readonly string[]
}

/** A full run leaves test/results/NAME.json; a sample leaves no trace. */
export function keepResult(name: string, { counts, failed }: Reached, startedMs: number): void {
  if (!isFull) return
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
  const changed = git('status', '--porcelain', '--', 'src', 'test').split('\n').filter(Boolean)
  const isClean = changed.every((line) => line.includes('test/results/'))
  const result = {
    campaign: name,
    commit: `${git('rev-parse', 'HEAD')}${isClean ? '' : ' and changes'}`,
    seed,
    date: new Date().toISOString(),
    node: process.version,
    seconds: Math.round((Date.now() - startedMs) / 1000),
    counts,
    failed,
  }
  const directory = join(root, 'test/results')
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`)
}
