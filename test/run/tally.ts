import { stripVTControlCharacters } from 'node:util'

export interface Tally {
  readonly passed: number
  readonly failed: number
  /** Names of the tests that did not run. */
  readonly skipped: readonly string[]
}

export interface PartResult extends Tally {
  readonly name: string
  readonly ms: number
  /** The output of the programs of the part. */
  readonly output: string
}

export const oneTest = (ok: boolean): Tally => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: [] })

/** A program with a non-zero exit code has failed, even if it counted no failure: a crash while loading tests counts none. */
export function withExit(tally: Tally, ok: boolean): Tally {
  return !ok && tally.failed === 0 ? { ...tally, failed: 1 } : tally
}

/** On CI every test must run, so that skipped tests count as failed. */
export function inCi(tally: Tally): Tally {
  return { ...tally, failed: tally.failed + tally.skipped.length }
}

export function sum(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((total, { passed }) => total + passed, 0),
    failed: tallies.reduce((total, { failed }) => total + failed, 0),
    skipped: tallies.flatMap(({ skipped }) => skipped),
  }
}

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

/** Reads the report of vitest's JSON reporter. A file that could not be loaded has no tests and counts as one failure. */
export function readVitestReport(json: string): Tally {
  const { testResults } = JSON.parse(json) as VitestReport
  const tests = testResults.flatMap((file) => file.assertionResults)
  const count = (status: string) => tests.filter((test) => test.status === status).length
  const broken = testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  )
  return {
    passed: count('passed'),
    failed: count('failed') + broken.length,
    skipped: tests.filter((test) => !['passed', 'failed'].includes(test.status)).map((test) => test.fullName),
  }
}

const summary = /^(\d+) passed, (\d+) failed$/m

/** Reads the last line `N passed, N failed` of a program that counts its tests itself. */
export function readSummary(output: string): Tally | undefined {
  const found = [...stripVTControlCharacters(output).matchAll(new RegExp(summary, 'gm'))].at(-1)
  return found && { passed: Number(found[1]), failed: Number(found[2]), skipped: [] }
}

/** Rewrites the summary, so that only the last line of a whole run looks like one. */
export function withoutSummary(text: string): string {
  return text.replace(new RegExp(summary, 'gm'), '$1 ok, $2 not ok')
}

const LINES_SHOWN = 15

/** Each failed test with the first lines of its error, in the order of the output. */
export function failures(output: string): string[] {
  const lines = stripVTControlCharacters(output).split('\n')
  return lines.flatMap((line, index) => {
    if (!/^(✗| FAIL ) /.test(line) || /: not reached$/.test(line)) return []
    const rest = lines.slice(index + 1)
    const end = rest.findIndex((next) => /^([✓✗] |\s*FAIL |\s*⎯)/.test(next))
    return [[line, ...rest.slice(0, Math.min(end === -1 ? LINES_SHOWN : end, LINES_SHOWN))].join('\n').trimEnd()]
  })
}
