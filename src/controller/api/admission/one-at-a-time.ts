import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { PIPELINED } from '../limits.ts'

type Exchange = [request: IncomingMessage, response: ServerResponse]

interface Line {
  current?: ServerResponse
  waiting: Exchange[]
}

/**
 * Handles the requests of a connection one after another, in their order. A client that sends many before the first is
 * answered is refused.
 */
export function oneAtATime(
  handle: RequestListener,
  onTooMany: (socket: Socket, request: IncomingMessage, isAnswerBegun: boolean) => void,
): RequestListener {
  const lines = new WeakMap<Socket, Line>()
  const begin = (line: Line, [request, response]: Exchange): void => {
    line.current = response
    response.once('close', () => {
      const next = line.current === response && !isOver(request.socket) ? line.waiting.shift() : undefined
      if (next) begin(line, next)
    })
    // A client that sends too many is refused before the first of them is handled.
    process.nextTick(() => isOver(request.socket) || handle(request as never, response as never))
  }
  return (request, response) => {
    const { socket } = request
    // What a refused client sent in addition.
    if (isOver(socket)) return
    const line = lines.get(socket) ?? { waiting: [] }
    lines.set(socket, line)
    const isBusy = line.waiting.length > 0 || line.current?.writableEnded === false
    if (!isBusy) begin(line, [request, response])
    else if (line.waiting.length < PIPELINED) line.waiting.push([request, response])
    else {
      endWithoutStacks(socket)
      readNoFurther(socket)
      onTooMany(socket, request, line.current?.headersSent === true)
    }
  }
}

/**
 * When a connection ends, Node.js makes an error for each request that was parsed. With their stacks, 500 of them would stop all
 * other clients for 50 ms.
 */
function endWithoutStacks(socket: Socket): void {
  let usual = Error.stackTraceLimit
  socket.prependOnceListener('close', () => {
    usual = Error.stackTraceLimit
    Error.stackTraceLimit = 0
  })
  socket.once('close', () => {
    Error.stackTraceLimit = usual
  })
}

/**
 * Node.js parses what a connection sends in pieces of 16 KiB, also after its end has begun. Its parser can be paused after such a
 * piece; it reports that as an error of the client. Without this function it parses all of the rest.
 */
function readNoFurther(socket: Socket & { parser?: { pause?(): void } | null }): void {
  socket.parser?.pause?.()
}

const isOver = ({ destroyed, writableEnded }: Socket) => destroyed || writableEnded
