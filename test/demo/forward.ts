/**
 * Forwards connections between two networks of this machine, through a socket in a file, which both can reach:
 * `forward.ts inside FILE HOST:PORT` in the network of the server, and `forward.ts outside PORT FILE` in the other one. The second
 * ends with the first.
 */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

const [side, from = '', to = ''] = process.argv.slice(2)
if (side === 'inside') await inside(from, to)
else if (side === 'outside') await outside(Number(from), to)
else throw new Error('usage: forward.ts inside FILE HOST:PORT | outside PORT FILE')

async function inside(file: string, server: string): Promise<void> {
  const { hostname, port } = new URL(`tcp://${server}`)
  await listening((socket) =>
    // The connection that only shows that this process runs sends nothing.
    socket.once('readable', () => join(socket, connect({ host: hostname, port: Number(port) }))),
  ).listen(file)
}

async function outside(port: number, file: string): Promise<void> {
  const life = connect(file)
  await once(life, 'connect')
  life.resume().once('close', () => process.exit())
  await listening((socket) => join(socket, connect(file))).listen({ host: '127.0.0.1', port })
}

function listening(onSocket: (socket: Socket) => void) {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: false }, onSocket)
  return {
    async listen(where: string | { host: string; port: number }): Promise<void> {
      server.listen(where)
      await once(server, 'listening')
      console.log('listening')
    },
  }
}

function join(one: Socket, other: Socket): void {
  one.pipe(other).pipe(one)
  one.on('error', () => other.destroy()).on('close', () => other.destroy())
  other.on('error', () => one.destroy()).on('close', () => one.destroy())
}
