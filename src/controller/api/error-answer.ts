import { STATUS_CODES } from 'node:http'
import { AgentError, type ErrorReport, reportOf } from '../../base/agent-error.ts'
import { statusOf } from '../../protocol/api/errors.ts'

const PROBLEM = 'application/problem+json'

export interface ErrorAnswer {
  status: number
  type: string
  body: ErrorReport | ProblemDetails
}

/** RFC 9457, with what an error is besides. `type` is absent (`about:blank`): `code` says which one it is. */
export interface ProblemDetails extends Omit<ErrorReport, 'message'> {
  title: string
  status: number
  detail: string
}

/**
 * Problem details for whoever accepts them, with the remedy as data; else code, message and fix alone, which is what programs
 * of released builds take.
 */
export function errorAnswer(error: unknown, accept: string | undefined): ErrorAnswer {
  const isBug = !(error instanceof AgentError)
  const status = isBug ? 500 : statusOf(error.code)
  // What a bug says of itself stays in the log.
  const report = isBug
    ? { code: 'bug', message: 'the controller met an error', fix: 'look at its log' }
    : reportOf(error)
  if (!accept?.toLowerCase().includes(PROBLEM)) return { status, type: 'application/json', body: report }
  const { code, message: detail, fix } = report
  const remedy = isBug ? undefined : error.remedy
  const body = { title: STATUS_CODES[status] ?? 'Error', status, detail, code, fix, ...(remedy && { remedy }) }
  return { status, type: PROBLEM, body }
}
