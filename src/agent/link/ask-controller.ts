import type * as z from 'zod/mini'
import { AgentError } from '../../base/agent-error.ts'
import type { NetworkView } from '../../host/network.ts'
import { ApiError } from '../../protocol/api/agents.ts'
import { unreachable } from './unreachable.ts'

export interface Question {
  /** Of the controller, `https://…`. */
  url: string
  path: string
  /** Sent as JSON by POST; without it the question is a GET. */
  body?: unknown
  tls: { ca: string; cert: string; key: string }
  proxy: string | undefined
  timeoutMs: number
  network: NetworkView
  /** Whose abort is a failure to reach the controller as any other. */
  signal?: AbortSignal
}

/**
 * One request over mTLS, and its answer by the schema. Throws AgentError `controller/unreachable`, what the controller
 * itself says when it refuses, or `controller/bad-answer`.
 */
export async function askController<T extends z.ZodMiniType>(question: Question, schema: T): Promise<z.output<T>> {
  const { url, path, body, tls, proxy, timeoutMs, network, signal } = question
  const request =
    body === undefined
      ? { method: 'GET' as const }
      : {
          method: 'POST' as const,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }
  const response = await network
    .request(new URL(path, url).href, {
      ...request,
      tls,
      timeoutMs,
      ...(proxy && { proxy }),
      ...(signal && { signal }),
    })
    .catch((error: unknown) => {
      throw unreachable(url, error)
    })
  const json = parse(response.body)
  if (response.status >= 400) throw refusal(response.status, json)
  const answer = schema.safeParse(json)
  if (answer.success) return answer.data
  throw new AgentError('controller/bad-answer', `${url} gave an answer that is none of a controller`, {
    fix: 'is that the right address, and is the controller at least as new as this agent?',
  })
}

function refusal(status: number, json: unknown): AgentError {
  const problem = ApiError.safeParse(json)
  const { code, message, fix } = problem.success
    ? problem.data
    : {
        code: 'controller/failed',
        message: `the controller answered with status ${status}`,
        fix: 'see the log of the controller',
      }
  return new AgentError(code, message, {
    fix,
    kind: status === 401 || status === 403 || status === 409 ? 'refused' : 'failed',
  })
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
