import { STATUS_CODES } from 'node:http'
import { AgentError, type ErrorReport, reportOf } from '../../../base/agent-error.ts'
import { statusOf } from '../../../protocol/api/errors.ts'

const PROBLEM = 'application/problem+json'

export interface ErrorAnswer {
  status: number
  type: string
  body: ErrorReport | ProblemDetails
}

/** RFC 9457, with code, fix and remedy. `type` is absent (`about:blank`), because `code` identifies the error. */
export interface ProblemDetails extends Omit<ErrorReport, 'message'> {
  title: string
  status: number
  detail: string
}

/** Names hosts, users and commands of the database, which concern only administrators. */
const OF_STORE = /^store\//

/**
 * Problem details, with the remedy as data, if the client accepts them; otherwise code, message and fix, as released builds
 * expect. An error of the database is described only to an administrator.
 */
export function errorAnswer(error: unknown, accept: string | undefined, isAdministrator: boolean): ErrorAnswer {
  const isBug = !(error instanceof AgentError)
  const status = isBug ? 500 : statusOf(error.code)
  // The details of a bug are only logged.
  const report = isBug
    ? { code: 'bug', message: 'internal error of the controller', fix: 'see the log of the controller' }
    : OF_STORE.test(error.code) && !isAdministrator
      ? { code: error.code, message: 'the controller cannot use its database', fix: 'see the log of the controller' }
      : reportOf(error)
  if (!accept?.toLowerCase().includes(PROBLEM)) return { status, type: 'application/json', body: report }
  const { code, message: detail, fix } = report
  const remedy = isBug ? undefined : error.remedy
  const body = { title: STATUS_CODES[status] ?? 'Error', status, detail, code, fix, ...(remedy && { remedy }) }
  return { status, type: PROBLEM, body }
}
