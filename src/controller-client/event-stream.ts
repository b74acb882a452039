import { AgentError } from '../base/agent-error.ts'
import { eventRoutes, LogEntry } from '../protocol/api/events.ts'
import { PROBLEM } from '../protocol/api/http/problem.ts'
import { pathOf } from '../protocol/api/route.ts'
import { type Receive, refusal } from './ask.ts'

/** The most characters of one message, and of an error. */
const MAX_CHARACTERS = 4 * 2 ** 20
/** The controller sends a comment every 15 s, so a connection that is silent for so long is dead. */
const SILENCE_MS = 45_000

export interface EventFilter {
  cluster?: string | undefined
  node?: string | undefined
  run?: string | undefined
}

/**
 * The events after a number, as the controller sends them (server-sent events). Ends when the controller ends the stream. Throws
 * like `ask`, also while they are read. `onOpen`: the controller has accepted the request.
 */
export async function* eventStream(
  receive: Receive,
  origin: string,
  { after, ...filter }: EventFilter & { after: number },
  { onOpen, signal }: { onOpen(): void; signal?: AbortSignal },
): AsyncGenerator<LogEntry> {
  const url = new URL(pathOf(eventRoutes.listEvents, undefined, filter), origin).href
  const headers = { accept: `text/event-stream, ${PROBLEM}`, 'last-event-id': String(after) }
  const outgoing = { url, method: 'GET', headers, timeoutMs: SILENCE_MS, ...(signal && { signal }) } as const
  const { status, chunks } = await receive(outgoing)
  const decoder = new TextDecoder()
  let text = ''
  if (status < 400) onOpen()
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > MAX_CHARACTERS) throw badStream(origin)
    if (status >= 400) continue
    const messages = text.split('\n\n')
    text = messages.pop() ?? ''
    for (const message of messages) {
      const data = dataOf(message)
      if (data === undefined) continue
      const parsed = LogEntry.safeParse(data)
      if (!parsed.success) throw badStream(origin)
      yield parsed.data
    }
  }
  if (status >= 400) throw refusal(status, jsonOf(text))
}

/** Undefined for a comment, and for what only sets the time before a new connection. */
function dataOf(message: string): unknown {
  const lines = message.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []))
  return lines.length === 0 ? undefined : (jsonOf(lines.join('\n')) ?? {})
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function badStream(origin: string): AgentError {
  return new AgentError('controller/bad-answer', `the answer of ${origin} is not a stream of events of a controller`, {
    fix: 'check the address, and that the controller is at least as new as this program',
  })
}
