import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Self } from '../../self.ts'
import type { ImagesReport } from './images-report.ts'
import { keepProcess } from './keep-process.ts'

const GRACE_MS = 50

/** An executable that runs this code for any arguments. */
function program(code: string): Self {
  const directory = mkdtempSync(join(tmpdir(), 'keep-process-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'agent.cjs')
  writeFileSync(file, code)
  return [process.execPath, file]
}

test('a process that ignores SIGTERM is killed', async () => {
  const stop = new AbortController()
  const reports: ImagesReport[] = []
  const code = `process.on('SIGTERM', () => {}); console.log('{"missing":["a:1"]}'); setInterval(() => {}, 1000)`
  await keepProcess(
    program(code),
    { instance: undefined },
    GRACE_MS,
  )((report) => {
    reports.push(report)
    stop.abort()
  }, stop.signal)
  expect(reports).toEqual([{ missing: ['a:1'] }])
})

test.each([
  ['an executable that is missing', ['/nowhere/agent'] as Self, /ENOENT/],
  ['one that ends without a report', [process.execPath, '-e', 'process.exit(3)'] as Self, /exit code 3/],
])('%s is reported', async (_, self, why) => {
  const reports: ImagesReport[] = []
  await keepProcess(self, { instance: undefined })((report) => void reports.push(report), new AbortController().signal)
  expect(reports).toMatchObject([{ error: { code: 'images/ended-early', message: expect.stringMatching(why) } }])
})
