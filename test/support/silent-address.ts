import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const LISTEN = `
const server = require('node:net').createServer()
server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => console.log(server.address().port))`

export interface SilentAddress {
  readonly port: number
  close(): void
}

/**
 * An address on loopback that answers no attempt to connect, like one behind a firewall that drops packets: the program that listens
 * is stopped, and the queue of connections that it has not accepted is full.
 */
export async function silentAddress(): Promise<SilentAddress> {
  const program = spawn(process.execPath, ['-e', LISTEN], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = Number(String((await once(program.stdout, 'data'))[0]))
  program.kill('SIGSTOP')
  const waiting: Socket[] = []
  // The kernel holds one more than the backlog, and drops what comes after.
  while (await isAccepted(port, waiting));
  return { port, close: () => end(program, waiting) }
}

async function isAccepted(port: number, waiting: Socket[]): Promise<boolean> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  waiting.push(socket)
  const { promise, resolve } = Promise.withResolvers<boolean>()
  socket.once('connect', () => resolve(true))
  setTimeout(() => resolve(false), 300)
  return promise
}

function end(program: ChildProcess, waiting: readonly Socket[]): void {
  for (const socket of waiting) socket.destroy()
  program.kill('SIGKILL')
}
