/**
 * The codes of errors as data: what a person or a script meets under each. `node scripts/errors/list.ts --write` brings
 * scripts/errors/codes.txt up to date.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AgentError, type ErrorKind } from '../../src/base/agent-error.ts'
import { exitCodeOf } from '../../src/cli/kit/exit-codes.ts'
import { ERROR_STATUS, statusOf } from '../../src/protocol/api/errors.ts'
import { codesInCode } from './codes-in-code.ts'

export interface ListedError {
  code: string
  /** Files below src/ that have it. */
  files: string[]
  /** Of whoever meets it as an error; empty where it is only reported or depends on the situation. */
  kinds: ErrorKind[]
  exitCodes: number[]
  /** What the API answers with, where it comes from a request. */
  statuses: number[]
}

export const LIST = join(import.meta.dirname, 'codes.txt')

export function listOfErrors(): ListedError[] {
  const byCode = Map.groupBy(codesInCode(), ({ code }) => code)
  return [...byCode].map(([code, places]) => {
    const kinds = [...new Set(places.flatMap(({ kind }) => kind ?? []))]
    const errors = kinds.map((kind) => new AgentError(code, '', { fix: '', kind }))
    const files = [...new Set(places.map(({ file }) => file))]
    return {
      ...{ code, files, kinds },
      exitCodes: [...new Set(errors.map(exitCodeOf))],
      statuses: Object.hasOwn(ERROR_STATUS, code) ? [statusOf(code)] : [],
    }
  })
}

/** A line for each: the code, its exit codes, its statuses. */
export function listText(errors: readonly ListedError[]): string {
  const cell = (numbers: readonly number[]) => numbers.join(',') || '-'
  return errors.map(({ code, exitCodes, statuses }) => `${code} ${cell(exitCodes)} ${cell(statuses)}\n`).join('')
}

if (import.meta.main) {
  const text = listText(listOfErrors())
  if (process.argv.includes('--write')) writeFileSync(LIST, text)
  else process.stdout.write(text)
}
