import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Script } from 'node:vm'
import { expect, test } from 'vitest'
import { mutate } from '../support/mutate.ts'
import { seededRandom } from '../support/random.ts'
import { PARSERS, type Sample } from './parsers/table.ts'

const INPUTS = 100_000
/** Set CANTRIP_SEED to repeat another run. */
const SEED = Number(process.env.CANTRIP_SEED ?? Date.now() % 1_000_000)
/** Backtracking over a long line takes far longer. The slowest correct parsers take 2 ms. */
const INPUT_MS = 200
/** Limits for a parser that does not return. */
const BATCH = 1_000
const BATCH_MS = 120_000

test.each(Object.entries(PARSERS))('%s handles damaged input', (name, { samples, parse }) => {
  const random = seededRandom(SEED)
  const originals = samples.map((sample: Sample) => Buffer.from(sample as string))
  for (let done = 0; done < INPUTS; done += BATCH) {
    let input: Buffer = Buffer.alloc(0)
    const stopped = stoppedAfter(BATCH_MS, () => {
      for (let i = 0; i < BATCH; i++) {
        input = mutate(originals, random)
        const bytes = input
        if (!isQuick(() => parse(bytes.toString(), bytes))) throw new Error(`took more than ${INPUT_MS} ms`)
      }
    })
    if (stopped === undefined) continue
    const shown = JSON.stringify(input.subarray(0, 2_000).toString('latin1'))
    throw new Error(`${name}, CANTRIP_SEED=${SEED}, ${input.length} bytes: ${shown}`, { cause: stopped })
  }
  expect(Object.keys(Object.prototype)).toEqual([])
})

/** Measures the CPU time of this thread, so that other load on the machine does not count. */
function isQuick(parse: () => unknown): boolean {
  const before = process.threadCpuUsage()
  parse()
  const { user, system } = process.threadCpuUsage(before)
  return user + system < INPUT_MS * 1_000
}

/** Returns the error that ended the work, including a timeout: only a script of node:vm can be interrupted. */
function stoppedAfter(timeoutMs: number, work: () => void): unknown {
  Object.assign(globalThis, { workOfParserTest: work })
  try {
    new Script('workOfParserTest()').runInThisContext({ timeout: timeoutMs })
    return undefined
  } catch (error) {
    return error
  }
}

const SRC = resolve(import.meta.dirname, '../../src')

test('every parser of files and answers is in the table', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /^(host|checks|base\/net)\/.*(?<!\.test)\.ts$/.test(file),
  )
  const text = files.map((file) => readFileSync(join(SRC, file), 'utf8')).join('\n')
  const names = [...text.matchAll(/^export function ((?:parse|decode)[A-Z]\w*|read\w+Reply)\(/gm)].map(
    (match) => match[1],
  )
  expect(names.length).toBeGreaterThan(20)
  expect(names.filter((name) => !(String(name) in PARSERS))).toEqual([])
})
