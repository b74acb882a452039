import { request } from 'node:http'
import { hostname } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listenForMetrics } from './listen.ts'

let server: Awaited<ReturnType<typeof listenForMetrics>>
beforeAll(async () => {
  const answers = { metrics: async () => ({ type: 'text/plain', text: 'up 1' }), problems: async () => [] }
  server = await listenForMetrics({ host: '127.0.0.1', port: 0 }, answers)
})
afterAll(() => server.close())

const statusFor = (host: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    const asked = request({ port: server.port, host: '127.0.0.1', path: '/metrics', headers: { host } }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode))
    })
    asked.once('error', reject).end()
  })

test.each(['127.0.0.1:9464', '[::1]:9464', 'localhost', 'LOCALHOST:9464', hostname()])(
  '%s is answered',
  async (host) => {
    expect(await statusFor(host)).toBe(200)
  },
)

test.each(['attacker.example:9464', '127.0.0.1.attacker.example', 'localhost.attacker.example'])(
  'a page of another site, by the name %s, is not',
  async (host) => {
    expect(await statusFor(host)).toBe(421)
  },
)
