import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

interface Line {
  current?: ServerResponse
  /** One may arrive before the end of an answer that the client has completely received. */
  next?: [IncomingMessage, ServerResponse] | undefined
}

/**
 * Handles the requests of a connection one after another. A client that sends a third one before the first is answered is
 * refused, because every pipelined request takes memory.
 */
export function oneAtATime(
  handle: RequestListener,
  onTooMany: (socket: Socket, request: IncomingMessage, isAnswerBegun: boolean) => void,
): RequestListener {
  const lines = new WeakMap<Socket, Line>()
  const begin = (line: Line, request: IncomingMessage, response: ServerResponse): void => {
    line.current = response
    response.once('close', () => {
      if (line.current !== response || !line.next) return
      const [...next] = line.next
      line.next = undefined
      if (!isOver(request.socket)) begin(line, ...next)
    })
    handle(request as never, response as never)
  }
  return (request, response) => {
    const { socket } = request
    // What a refused client sent in addition.
    if (isOver(socket)) return
    const line: Line = lines.get(socket) ?? {}
    lines.set(socket, line)
    const isBusy = line.next !== undefined || line.current?.writableEnded === false
    if (!isBusy) begin(line, request, response)
    else if (!line.next) line.next = [request, response]
    else onTooMany(socket, request, line.current?.headersSent === true)
  }
}

const isOver = ({ destroyed, writableEnded }: Socket) => destroyed || writableEnded
