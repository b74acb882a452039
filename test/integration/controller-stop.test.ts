/** A controller that is stopped ends, whatever clients do at that moment. */
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { expect, it } from 'vitest'
import { adminOf } from '../support/controller/client.ts'
import { openScene } from '../support/controller/scene.ts'

it('ends although a client completes its handshake after the other connections were closed', async () => {
  const scene = await openScene()
  const { ca, cert, key } = adminOf(scene.controller)
  const raw = connectTcp({ host: '127.0.0.1', port: scene.controller.port }).on('error', () => undefined)
  await once(raw, 'connect')
  let isClosed = false
  const closed = scene.close().then(() => {
    isClosed = true
  })
  await sleep(500)
  expect(isClosed).toBe(false)
  const secure = connectTls({ socket: raw, ca, cert, key }).on('error', () => undefined)
  await Promise.race([closed, sleep(10_000)])
  const isEnded = isClosed
  secure.destroy()
  await closed
  expect(isEnded).toBe(true)
})
