import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { inNetwork } from '../support/testbed/bed.ts'
import type { Node } from '../support/testbed/machine.ts'

/** A TCP connection from the bed's network to a node, like that of somebody who is logged in by ssh. */
export interface OpenConnection {
  /** Rejects when what is sent through it does not come back within ten seconds. */
  echo(): Promise<void>
  close(): void
}

const PATIENCE_MS = 10_000

/** A process of its own, for it lives in the bed's network namespace: a line in goes out, a line back comes out. */
const RELAY = `
const [host, port] = process.argv.slice(1)
const socket = require('node:net').connect({ host, port: Number(port) })
socket.on('error', (error) => { console.error(error.message); process.exit(1) })
socket.on('close', () => process.exit(1))
process.stdin.pipe(socket).pipe(process.stdout)
`

/** To a server on the node that says what it hears. */
export async function openConnection(node: Node, port: number): Promise<OpenConnection> {
  const argv = inNetwork(node.bed, [process.execPath, '-e', RELAY, node.address, String(port)])
  const [command = '', ...args] = argv
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.on('error', () => undefined) // its end is told by echo
  const lines = createInterface({ input: child.stdout })
  let sent = 0
  return {
    async echo() {
      sent += 1
      const word = `still there ${sent}`
      const back = nextLine(lines, child)
      child.stdin.write(`${word}\n`)
      const heard = await back
      if (heard !== word) throw new Error(`the open connection said '${heard}', wanted '${word}'`)
    },
    close() {
      child.kill('SIGKILL')
    },
  }
}

function nextLine(lines: ReturnType<typeof createInterface>, child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    if (child.exitCode !== null) reject(new Error('the open connection was cut'))
    const timer = setTimeout(() => reject(new Error('the open connection does not answer')), PATIENCE_MS)
    const ended = () => reject(new Error('the open connection was cut'))
    child.once('exit', ended)
    lines.once('line', (line) => {
      clearTimeout(timer)
      child.off('exit', ended)
      resolve(line)
    })
  })
}
