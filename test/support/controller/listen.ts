import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { Credentials } from './client.ts'

/** Server-sent events that a controller sends. */
export interface Stream<T> {
  status: number
  headers: IncomingMessage['headers']
  /** The values so far, each of a message with a number. */
  entries(): T[]
  ids(): number[]
  text(): string
  /** The controller has ended it. */
  isOver(): boolean
  /** The connection was cut. */
  isCut(): boolean
  close(): void
}

export function listen<T>(
  by: Partial<Credentials>,
  url: string,
  headers: Record<string, string> = {},
): Promise<Stream<T>> {
  return new Promise((resolve, reject) => {
    const options = { ...by, agent: false as const, headers: { accept: 'text/event-stream', ...headers } }
    const sent = request(url, options, (answer) => {
      let text = ''
      answer.on('data', (chunk) => {
        text += chunk
      })
      answer.on('error', () => undefined)
      const messages = () => [...text.matchAll(/^id: (\d+)\ndata: (.*)\n\n/gm)]
      resolve({
        ...{ status: answer.statusCode ?? 0, headers: answer.headers, text: () => text },
        entries: () => messages().map(([, , data]) => JSON.parse(data ?? '')),
        ids: () => messages().map(([, id]) => Number(id)),
        isOver: () => answer.complete,
        isCut: () => answer.destroyed && !answer.complete,
        close: () => sent.destroy(),
      })
    })
    sent.on('error', reject)
    sent.end()
  })
}
