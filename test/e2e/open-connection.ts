import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { inNetwork } from '../support/testbed/bed.ts'
import type { Node } from '../support/testbed/machine.ts'

/** A TCP connection from the network of the test bed to a node, like an SSH session. */
export interface OpenConnection {
  /** Rejects if the server does not echo a message within ten seconds. */
  echo(): Promise<void>
  close(): void
}

const TIMEOUT_MS = 10_000

/** A process in the network namespace of the test bed. It relays lines between its standard streams and the socket. */
const RELAY = `
const [host, port] = process.argv.slice(1)
const socket = require('node:net').connect({ host, port: Number(port) })
socket.on('error', (error) => { console.error(error.message); process.exit(1) })
socket.on('close', () => process.exit(1))
process.stdin.pipe(socket).pipe(process.stdout)
`

/** Connects to an echo server on the node. */
export async function openConnection(node: Node, port: number): Promise<OpenConnection> {
  const argv = inNetwork(node.bed, [process.execPath, '-e', RELAY, node.address, String(port)])
  const [command = '', ...args] = argv
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.on('error', () => undefined) // `echo` reports its end
  const lines = createInterface({ input: child.stdout })
  let sent = 0
  return {
    async echo() {
      sent += 1
      const word = `still there ${sent}`
      const back = nextLine(lines, child)
      child.stdin.write(`${word}\n`)
      const echoed = await back
      if (echoed !== word) throw new Error(`the open connection returned '${echoed}' for '${word}'`)
    },
    close() {
      child.kill('SIGKILL')
    },
  }
}

function nextLine(lines: ReturnType<typeof createInterface>, child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    if (child.exitCode !== null) reject(new Error('the open connection was cut'))
    const timer = setTimeout(() => reject(new Error('the open connection does not answer')), TIMEOUT_MS)
    const ended = () => reject(new Error('the open connection was cut'))
    child.once('exit', ended)
    lines.once('line', (line) => {
      clearTimeout(timer)
      child.off('exit', ended)
      resolve(line)
    })
  })
}
