import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { type Asker, errorAnswer } from './error-answer.ts'
import { bodyWithId, REQUEST_ID } from './request-id.ts'

/** Answers with an error, and closes the connection, where the HTTP server does not answer. */
export function refuse(socket: Duplex, error: unknown, asker: Asker): void {
  const answer = errorAnswer(error, asker)
  const requestId = randomUUID()
  const body = JSON.stringify(bodyWithId(answer, requestId))
  const head = [
    `HTTP/1.1 ${answer.status} Refused`,
    `Content-Type: ${answer.type}`,
    `${REQUEST_ID}: ${requestId}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  finish(socket, `${[...head, 'Connection: close', '', ''].join('\r\n')}${body}`)
}

/** Does not wait for the client to close its side: the HTTP server no longer limits this connection. */
export function finish(socket: Duplex, text: string): void {
  socket.end(text, () => socket.destroy())
}
