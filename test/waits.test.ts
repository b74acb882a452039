import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { waitFor } from './support/wait-for.ts'

const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'))

/** A loop that only sleeps: a wait without a timeout, which does not name what it waits for. */
const LOOP = /\bwhile \(.*\) (\{\s*)?await (sleep\(|setTimeout\(|once\(|new Promise\(\(\w+\) => setTimeout)/

test('tests wait with waitFor, which has a timeout and names what it waits for', () => {
  const byHand = files.filter((file) => LOOP.test(readFileSync(join(import.meta.dirname, file), 'utf8')))
  expect(byHand).toEqual([])
})

test('a timeout names what it waited for, with the details', async () => {
  const wait = waitFor('rain', () => false, { withinMs: 30, everyMs: 10, details: () => 'the sky is blue' })
  await expect(wait).rejects.toThrow('timed out after 30 ms waiting for rain\nthe sky is blue')
})

test('a result ends the wait, and so does the signal', async () => {
  const answers = [undefined, false, 0]
  expect(await waitFor('an answer', () => answers.shift(), { everyMs: 1 })).toBe(0)
  const signal = AbortSignal.abort(new Error('stopped'))
  await expect(waitFor('an answer', () => undefined, { signal })).rejects.toThrow('stopped')
})
