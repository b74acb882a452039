import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { PROBLEM } from '../../../protocol/api/http/problem.ts'
import type { ErrorAnswer } from './error-answer.ts'

export const REQUEST_ID = 'x-request-id'
/** Letters, digits and what UUIDs and trace ids contain: an id stands in logs, and in URLs of log viewers. */
const USABLE = /^[A-Za-z0-9._:-]{1,64}$/

/** The id of a request: the one that the client gives, if it is short and plain, otherwise a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers[REQUEST_ID]
  return typeof given === 'string' && USABLE.test(given) ? given : randomUUID()
}

/** Problem details name the request; what earlier builds of the agent expect stays as it is. */
export function bodyWithId({ type, body }: Pick<ErrorAnswer, 'type' | 'body'>, requestId: string): object {
  return type === PROBLEM ? { ...body, requestId } : body
}
