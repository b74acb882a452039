import type * as z from 'zod/mini'
import { AgentError } from '../base/agent-error.ts'
import { PROBLEM } from '../protocol/api/http/problem.ts'
import { pathOf, type Route, type Schema } from '../protocol/api/route.ts'
import { type Receive, refusal } from './ask.ts'

/** The most characters of one message, and of an error. */
const MAX_CHARACTERS = 4 * 2 ** 20
/** The controller sends a comment every 15 s, so a connection that is silent for so long is dead. */
const SILENCE_MS = 45_000

/** A route that sends values as they are stored. */
export type StreamRoute = Route & { method: 'GET'; streams: Schema; query: Schema }

/** Which of them, after a number. */
export type StreamQuery<R extends StreamRoute> = Omit<z.input<R['query']> & object, 'after'> & { after: number }

/** `id`: after which a client resumes. */
export interface Message<R extends StreamRoute> {
  id: number
  value: z.output<R['streams']>
}

/**
 * The values after a number, as the controller sends them (server-sent events). Ends when the controller ends the stream. Throws
 * like `ask`, also while they are read. `onOpen`: the controller has accepted the request.
 */
export async function* eventStream<const R extends StreamRoute>(
  receive: Receive,
  origin: string,
  route: R,
  { after, ...query }: StreamQuery<R>,
  { onOpen, signal }: { onOpen(): void; signal?: AbortSignal },
): AsyncGenerator<Message<R>> {
  const url = new URL(pathOf(route as Route, undefined, query), origin).href
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
      const data = fieldOf(message, 'data')
      // A comment, or only the time before a new connection.
      if (data === undefined) continue
      const id = Number(fieldOf(message, 'id') ?? Number.NaN)
      const parsed = route.streams.safeParse(jsonOf(data))
      if (!parsed.success || !Number.isSafeInteger(id)) throw badStream(origin)
      yield { id, value: parsed.data as z.output<R['streams']> }
    }
  }
  if (status >= 400) throw refusal(status, jsonOf(text))
}

function fieldOf(message: string, name: string): string | undefined {
  const start = `${name}: `
  const lines = message.split('\n').flatMap((line) => (line.startsWith(start) ? [line.slice(start.length)] : []))
  return lines.length === 0 ? undefined : lines.join('\n')
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
