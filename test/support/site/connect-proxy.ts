/** An HTTP proxy that requires a user and a password: `connect-proxy.ts ADDRESS PORT`, and `user:password` on stdin. */
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'

const [address, port] = process.argv.slice(2)
const wanted = `Basic ${Buffer.from((await text(process.stdin)).trim()).toString('base64')}`

createServer()
  .on('connect', ({ url = '', headers }, socket: Socket) => {
    socket.on('error', () => undefined)
    if (headers['proxy-authorization'] !== wanted) return void socket.end('HTTP/1.1 407 Wrong password\r\n\r\n')
    const { hostname, port } = new URL(`http://${url}`)
    const up = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      up.pipe(socket).pipe(up)
    })
    up.on('error', () => socket.destroy())
    socket.on('close', () => up.destroy())
  })
  .listen(Number(port), address, () => process.stdout.write('listening\n'))
