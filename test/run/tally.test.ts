import { expect, test } from 'vitest'
import { failures, inCi, readSummary, readVitestReport, sum, withExit, withoutSummary } from './tally.ts'

const report = (files: readonly { status: string; tests: readonly string[] }[]) =>
  JSON.stringify({
    testResults: files.map((file, index) => ({
      name: `${index}.test.ts`,
      status: file.status,
      assertionResults: file.tests.map((status, number) => ({ status, fullName: `${index} ${number} ${status}` })),
    })),
  })

test('counts each outcome, and names the skipped tests', () => {
  const json = report([{ status: 'failed', tests: ['passed', 'failed', 'skipped', 'passed', 'pending'] }])
  expect(readVitestReport(json)).toEqual({ passed: 2, failed: 1, skipped: ['0 2 skipped', '0 4 pending'] })
})

test('a file that could not be loaded is a failure', () => {
  const json = report([
    { status: 'failed', tests: [] },
    { status: 'passed', tests: ['passed'] },
  ])
  expect(readVitestReport(json)).toEqual({ passed: 1, failed: 1, skipped: [] })
})

test('a program with a non-zero exit code has failed even if it counted no failure', () => {
  expect(withExit({ passed: 3, failed: 0, skipped: [] }, false).failed).toBe(1)
  expect(withExit({ passed: 3, failed: 2, skipped: [] }, false).failed).toBe(2)
  expect(withExit({ passed: 3, failed: 0, skipped: [] }, true).failed).toBe(0)
})

test('on CI a skipped test is a failure', () => {
  expect(inCi({ passed: 1, failed: 1, skipped: ['a', 'b'] }).failed).toBe(3)
})

test('reads the last summary, and hides it from the shown output', () => {
  const output = '1 passed, 0 failed\nmore\n7 passed, 2 failed\n'
  expect(readSummary(output)).toEqual({ passed: 7, failed: 2, skipped: [] })
  expect(readSummary(withoutSummary(output))).toBeUndefined()
  expect(readSummary('said 7 passed, 2 failed of it')).toBeUndefined()
})

test('adds up', () => {
  const one = { passed: 1, failed: 2, skipped: ['a'] }
  expect(sum([one, one])).toEqual({ passed: 2, failed: 4, skipped: ['a', 'a'] })
})

test('finds each failure with the first lines of its error, in the output of stories and of vitest', () => {
  const story = '✓ one (1 s)\n✗ two (3 s)\nError: timed out\n  at x\n✗ three: not reached\n1 passed, 2 failed\n'
  expect(failures(story)).toEqual(['✗ two (3 s)\nError: timed out\n  at x'])
  const vitest = ' ❯ a.test.ts\n FAIL  |unit| a.test.ts > adds up\nAssertionError: expected 1 to be 2\n⎯⎯⎯[1/1]⎯\n'
  expect(failures(vitest)).toEqual([' FAIL  |unit| a.test.ts > adds up\nAssertionError: expected 1 to be 2'])
  expect(failures(`✗ long\n${'line\n'.repeat(100)}`)[0]?.split('\n')).toHaveLength(16)
  expect(failures('✓ one\nall is well\n')).toEqual([])
})
