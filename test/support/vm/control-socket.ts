import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { waitFor } from '../wait-for.ts'

/** A connection to qemu (QMP) or to the guest agent: each command is a line of JSON, answered by a line with the same ID. */
export interface ControlSocket {
  /** Resolves with the result of the command. Rejects on an error, after the timeout, or when the socket closes. */
  call<T>(command: string, args?: Record<string, unknown>, timeoutMs?: number): Promise<T>
  close(): void
}

interface Answer {
  readonly id?: number
  readonly return?: unknown
  readonly error?: { readonly desc: string }
}

const ANSWER_MS = 60_000

export async function controlSocket(path: string, signal?: AbortSignal): Promise<ControlSocket> {
  const socket = await waitFor(`socket ${path}`, () => tryToConnect(path), { withinMs: 30_000, signal })
  const waiting = new Map<number, (answer: Answer) => void>()
  let lastId = 0
  createInterface({ input: socket }).on('line', (line) => {
    // Events and greetings have no id.
    const answer = JSON.parse(line) as Answer
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer)
  })
  socket.on('error', () => {}) // 'close' follows
  socket.on('close', () => {
    for (const end of waiting.values()) end({ error: { desc: 'the socket was closed' } })
  })
  return {
    async call<T>(command: string, args: Record<string, unknown> = {}, timeoutMs = ANSWER_MS) {
      lastId += 1
      const id = lastId
      const late: Answer = { error: { desc: `no answer after ${timeoutMs} ms` } }
      let timer: NodeJS.Timeout | undefined
      const answer = await new Promise<Answer>((resolve) => {
        waiting.set(id, resolve)
        timer = setTimeout(() => resolve(late), timeoutMs)
        socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`)
        if (socket.destroyed) resolve({ error: { desc: 'the socket is closed' } })
      })
      clearTimeout(timer)
      waiting.delete(id)
      if (answer.error) throw new Error(`${command}: ${answer.error.desc}`)
      return answer.return as T
    },
    close: () => socket.destroy(),
  }
}

function tryToConnect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(socket)).once('error', () => resolve(undefined))
  })
}
