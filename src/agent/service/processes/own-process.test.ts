import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import type { Self } from '../../self.ts'
import { renewalProcess } from '../certificates/renewal-process.ts'
import { ownProcess } from './own-process.ts'

/** An executable that runs this code for any arguments. */
function program(code: string): Self {
  const directory = mkdtempSync(join(tmpdir(), 'own-process-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'agent.mjs')
  writeFileSync(file, code)
  return [process.execPath, file]
}

test('passes on what it says, and how it ended', async () => {
  const messages: unknown[] = []
  const code = `console.log('a warning'); console.log('null'); console.log('{"a":1}'); console.error('why'); process.exitCode = 3`
  const end = await ownProcess(program(code), [], { onMessage: (message) => messages.push(message) })
  expect(messages).toEqual([{ a: 1 }])
  expect(end).toEqual({ isDone: false, how: 'it ended with exit code 3', said: 'why' })
  expect(await ownProcess(program(''), [])).toMatchObject({ isDone: true })
})

test('an executable that is missing, and arguments that are too long, are an end as well', async () => {
  expect(await ownProcess(['/nowhere/agent'], [])).toMatchObject({
    isDone: false,
    how: expect.stringContaining('ENOENT'),
  })
  expect(await ownProcess(program(''), ['a'.repeat(2 ** 22)])).toMatchObject({
    isDone: false,
    how: expect.stringContaining('E2BIG'),
  })
})

test('a renewal that ignores SIGTERM is killed', async () => {
  const stop = new AbortController()
  const log: string[] = []
  const code = `process.on('SIGTERM', () => {}); console.log('not JSON'); console.log('{"kind":"run-started","role":"renew","steps":[]}'); setInterval(() => {}, 1000)`
  const renew = renewalProcess(
    program(code),
    { instance: undefined },
    (_, text) => {
      log.push(text)
      stop.abort()
    },
    50,
  )
  expect(await renew('soon', stop.signal)).toEqual({ isDone: false })
  expect(log).toEqual([expect.stringContaining('renew')])
})

/** Without a file left, Node starts no process and gives the child no output. */
const CROWDED = (own: string, run: string) => `
import { openSync } from 'node:fs'
import { ownProcess } from '${own}'
import { startRunChild } from '${run}'
const self = [process.execPath]
const run = { self, argv: [], run: 'r-1', onEvent() {}, log() {} }
try {
  for (;;) openSync('/dev/null', 'r')
} catch {}
const end = await ownProcess(self, [], { onMessage() {} })
const { error } = await startRunChild(run).ended
console.log(JSON.stringify([end.how, error.message]))
`

test('no process can be started while too many files are open', async () => {
  const [node, file] = program(
    CROWDED(join(import.meta.dirname, 'own-process.ts'), join(import.meta.dirname, 'run-child.ts')),
  )
  const { stdout } = await promisify(execFile)('prlimit', ['--nofile=64', node, String(file)])
  expect(JSON.parse(stdout)).toEqual([
    expect.stringContaining('EMFILE'),
    expect.stringMatching(/could not be started: .*EMFILE/),
  ])
})
