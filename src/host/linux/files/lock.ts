import { createHash } from 'node:crypto'
import { connect, createServer, type Server } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { AgentError } from '../../../base/agent-error.ts'

export interface Lock {
  release(): Promise<void>
}

/**
 * Locks a file for one process. The lock is a socket in the abstract namespace, which the kernel releases when the process
 * ends for any reason. The holder sends its process id to every client.
 */
export async function acquireLock(path: string): Promise<Lock> {
  const name = `\0cantrip-ledger-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.end(`${process.pid}\n`)
  })
  try {
    await listen(server, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw await busy(path, name)
  }
  server.unref()
  return { release: () => new Promise((done) => void server.close(() => done())) }
}

function listen(server: Server, name: string): Promise<void> {
  return new Promise((done, reject) => {
    server.once('error', reject)
    server.listen(name, () => {
      server.off('error', reject)
      done()
    })
  })
}

async function busy(path: string, name: string): Promise<AgentError> {
  const holder = await Promise.race([askHolder(name), setTimeout(1_000, '', { ref: false })])
  const who = /^\d+$/.test(holder) ? `process ${holder}` : 'another process'
  return new AgentError('ledger/busy', `${who} is already changing this machine (it holds ${path})`, {
    fix: 'wait until it has finished: agent status',
    kind: 'refused',
  })
}

function askHolder(name: string): Promise<string> {
  return new Promise((done) => {
    let text = ''
    const socket = connect(name)
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.once('error', () => done(''))
    socket.once('close', () => done(text.trim()))
  })
}
