/**
 * Either end of a connection, as a separate process to run in a network namespace.
 * `listen ADDRESS PORT...` accepts TCP connections and answers UDP on these ports. It prints `ready`.
 * `dial` reads lines `tcp ADDRESS PORT` or `udp ADDRESS PORT`, and prints each with `through` or `lost`, in any order.
 */
import { createSocket } from 'node:dgram'
import { connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'

const TIMEOUT_MS = 250
const [mode, own, ...ports] = process.argv.slice(2)

if (mode === 'listen') {
  for (const port of ports.map(Number)) {
    await new Promise<void>((resolve) => createServer((socket) => socket.destroy()).listen(port, own, resolve))
    const socket = createSocket('udp4')
    socket.on('message', (message, from) => socket.send(message, from.port, from.address))
    await new Promise<void>((resolve) => socket.bind(port, own, resolve))
  }
  process.stdout.write('ready\n')
  process.stdin.on('end', () => process.exit()).resume()
} else {
  process.stdout.write('ready\n')
  for await (const line of createInterface({ input: process.stdin })) {
    const [protocol, address = '', port = ''] = line.split(' ')
    const isThrough = protocol === 'tcp' ? tcp(address, Number(port)) : udp(address, Number(port))
    void isThrough.then((through) => process.stdout.write(`${line} ${through ? 'through' : 'lost'}\n`))
  }
  process.exit()
}

function tcp(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const end = (through: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(through)
    }
    const timer = setTimeout(end, TIMEOUT_MS, false)
    socket.once('connect', () => end(true)).on('error', () => end(false))
  })
}

function udp(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    const end = (through: boolean) => {
      clearTimeout(timer)
      socket.close()
      resolve(through)
    }
    const timer = setTimeout(end, TIMEOUT_MS, false)
    socket.once('message', () => end(true)).on('error', () => end(false))
    socket.connect(port, host, () => socket.send('?'))
  })
}
