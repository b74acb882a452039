import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, it } from 'vitest'
import { oneAtATime } from './one-at-a-time.ts'

it('the end of a connection with too many requests costs no stack trace for each of them', async () => {
  const ends: (string | undefined)[] = []
  let refusals = 0
  const server = createServer(
    oneAtATime(
      (request) => void request.on('error', ({ stack }) => ends.push(stack)),
      (socket) => {
        refusals++
        socket.destroy()
      },
    ),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const before = Error.stackTraceLimit
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500))
  await once(client, 'close')
  expect([refusals, ends]).toEqual([1, ['Error: aborted']])
  expect(Error.stackTraceLimit).toBe(before)
  server.close()
})
