import { STATUS_CODES } from 'node:http'
import { AgentError, type ErrorReport, reportOf } from '../../../base/agent-error.ts'
import { statusOf } from '../../../protocol/api/errors.ts'
import { PROBLEM, type ProblemDetails, typeOf } from '../../../protocol/api/http/problem.ts'

export interface ErrorAnswer {
  status: number
  type: string
  body: ErrorReport | ProblemDetails
}

/** Who asked. */
export interface Asker {
  /** The kind of its client certificate; undefined if it has none. */
  kind?: string | undefined
  /** The header. */
  accept?: string | undefined
}

/** Their certificates are those of agents and operators, which may be of an earlier build. */
const MACHINES = ['enrol', 'node', 'operator']
/** Names hosts, users and commands of the database, which concern only administrators. */
const OF_STORE = /^store\//

/**
 * Problem details, with the remedy as data. Machines get code, message and fix, which earlier builds expect, unless they
 * accept problem details. An error of the database is described only to an administrator.
 */
export function errorAnswer(error: unknown, { kind, accept }: Asker): ErrorAnswer {
  const isBug = !(error instanceof AgentError)
  const status = isBug ? 500 : statusOf(error.code)
  // The details of a bug are only logged.
  const report = isBug
    ? { code: 'bug', message: 'internal error of the controller', fix: 'see the log of the controller' }
    : OF_STORE.test(error.code) && kind !== 'admin'
      ? { code: error.code, message: 'the controller cannot use its database', fix: 'see the log of the controller' }
      : reportOf(error)
  const isMachine = kind !== undefined && MACHINES.includes(kind)
  if (isMachine && !accept?.toLowerCase().includes(PROBLEM)) return { status, type: 'application/json', body: report }
  const { code, message: detail, fix } = report
  const { remedy, facts: { revision } = {} } = isBug ? {} : error
  const own = { code, fix, ...(remedy && { remedy }), ...(typeof revision === 'string' && { revision }) }
  return {
    status,
    type: PROBLEM,
    body: { type: typeOf(code), title: STATUS_CODES[status] ?? 'Error', status, detail, ...own },
  }
}
