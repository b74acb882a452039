import { spawn } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'

const GUARD = pathToFileURL(`${import.meta.dirname}/standard-streams.ts`).href
const SPEAK = `
import { guardStandardStreams } from '${GUARD}'
const ended = guardStandardStreams(process)
process.stdout.write('x'.repeat(1_000_000))
process.exit(await ended(5))
`

test('a slow reader gets the whole output', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', SPEAK], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  let length = 0
  for await (const chunk of child.stdout) {
    length += chunk.length
    await setTimeout(2)
  }
  expect([await ended, length]).toEqual([5, 1_000_000])
})

test('a reader that exits does not block the exit', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', SPEAK], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child.stdout.once('data', () => child.stdout.destroy())
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(5)
})
