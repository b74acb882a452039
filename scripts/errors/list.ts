/**
 * The error codes with their exit codes and HTTP statuses. `node scripts/errors/list.ts --write` updates
 * scripts/errors/codes.txt.
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
  /** Empty if the code is only reported, or its kind is computed. */
  kinds: ErrorKind[]
  exitCodes: number[]
  /** HTTP statuses, for errors of the API. */
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

/** One line for each error: code, exit codes, statuses. */
export function listText(errors: readonly ListedError[]): string {
  const cell = (numbers: readonly number[]) => numbers.join(',') || '-'
  return errors.map(({ code, exitCodes, statuses }) => `${code} ${cell(exitCodes)} ${cell(statuses)}\n`).join('')
}

if (import.meta.main) {
  const text = listText(listOfErrors())
  if (process.argv.includes('--write')) writeFileSync(LIST, text)
  else process.stdout.write(text)
}
