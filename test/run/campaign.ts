/** Shared by long test campaigns: full run or sample, the seed, and the file with the results. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** True for `scripts/test --full`; otherwise a sample runs. */
export const isFull = process.env.CANTRIP_FULL === '1'

/** CANTRIP_SEED, to reproduce a failure; otherwise a different seed each day. Print it with every failure. */
export const seed = Number(process.env.CANTRIP_SEED ?? Math.floor(Date.now() / 86_400_000))

export interface Reached {
  /** For example `{ cases: 10000 }`. */
  counts: Record<string, number>
  failed: readonly string[]
}

/** A full run writes test/results/NAME.json; a sample writes nothing. */
export function keepResult(name: string, reached: Reached, startedMs: number): void {
  if (isFull) write(name, { ...heading(name, startedMs), ...reached })
}

/** For campaigns in several runs: rounds of the same commit and seed are collected in one file. A string is the reason of a failed round. */
export function keepRounds(name: string, rounds: Record<string, unknown[]>, startedMs: number): void {
  if (!isFull) return
  const head = heading(name, startedMs)
  const kept = read(name)
  const isSame = kept?.commit === head.commit && kept.seed === head.seed
  const all = { ...(isSame ? kept.rounds : {}), ...rounds }
  const points = Object.values(all).flat()
  const failed = points.filter((point) => typeof point === 'string')
  const counts = { rounds: Object.keys(all).length, points: points.length - failed.length, failed: failed.length }
  write(name, { ...head, counts, rounds: all })
}

/** For rows that are measured one by one: each is stored with its own commit and time. */
export function keepTable(name: string, rows: Record<string, object>, startedMs: number): void {
  const { campaign, seed: _, ...head } = heading(name, startedMs)
  const measured = Object.entries(rows).map(([row, values]) => [row, { ...values, ...head }])
  write(name, { campaign, rows: { ...(read(name)?.rows ?? {}), ...Object.fromEntries(measured) } })
}

interface Kept {
  commit: string
  seed: number
  rounds: Record<string, unknown[]>
  rows?: Record<string, object>
}

function heading(campaign: string, startedMs: number) {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
  const changed = git('status', '--porcelain', '--', 'src', 'test').split('\n').filter(Boolean)
  const isClean = changed.every((line) => line.includes('test/results/'))
  return {
    campaign,
    commit: `${git('rev-parse', 'HEAD')}${isClean ? '' : ' and changes'}`,
    seed,
    date: new Date().toISOString(),
    node: process.version,
    seconds: Math.round((Date.now() - startedMs) / 1000),
  }
}

const fileOf = (name: string) => join(root, 'test/results', `${name}.json`)

function read(name: string): Kept | undefined {
  return existsSync(fileOf(name)) ? (JSON.parse(readFileSync(fileOf(name), 'utf8')) as Kept) : undefined
}

function write(name: string, result: object): void {
  mkdirSync(join(root, 'test/results'), { recursive: true })
  writeFileSync(fileOf(name), `${JSON.stringify(result, null, 2)}\n`)
}
