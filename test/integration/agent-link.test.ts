import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type DialOptions, dial } from '../../src/agent/link/dial.ts'
import { type Outbox, openOutbox } from '../../src/agent/link/outbox.ts'
import { holdSession, type SessionOptions } from '../../src/agent/link/session.ts'
import type { DownFrame } from '../../src/protocol/wire/frames.ts'
import { OPERATION_FRAME } from '../../src/protocol/wire/released-names.ts'
import { type Peer, type ScriptedController, scriptedController } from '../support/agent/scripted-controller.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function controllerWith(options: Parameters<typeof scriptedController>[0] = {}): Promise<ScriptedController> {
  const controller = await scriptedController(options)
  closers.push(controller.close)
  return controller
}
const optionsFor = ({ url, tls }: ScriptedController, more: Partial<DialOptions> = {}): DialOptions => ({
  url,
  tls,
  path: '/v1/agent',
  timeoutMs: 5_000,
  maxMessageBytes: 100_000,
  ...more,
})

describe('connecting', () => {
  test('a refused upgrade is reported with its status', async () => {
    const controller = await controllerWith({ refuseWith: 403 })
    await expect(dial(optionsFor(controller))).rejects.toMatchObject({ name: 'UpgradeRefused', status: 403 })
  })

  test('a controller with a certificate of another CA is refused', async () => {
    const [controller, other] = [await controllerWith(), await controllerWith()]
    const tls = { ...controller.tls, ca: other.tls.ca }
    await expect(dial(optionsFor(controller, { tls }))).rejects.toMatchObject({ stage: 'tls', message: /another CA/ })
  })

  test('a downgrade to TLS 1.2 is refused', async () => {
    const controller = await controllerWith({ maxVersion: 'TLSv1.2' })
    await expect(dial(optionsFor(controller))).rejects.toMatchObject({
      stage: 'tls',
      message: /does not support TLS 1\.3/,
    })
  })

  test('nothing listens', async () => {
    const controller = await controllerWith()
    controller.close()
    await expect(dial(optionsFor(controller))).rejects.toMatchObject({ stage: 'tcp' })
  })

  test.each<[string, (socket: Socket) => void, RegExp]>([
    ['403', (socket) => socket.end('HTTP/1.1 403 No\r\n\r\n'), /403/],
    ['407', (socket) => socket.end('HTTP/1.1 407 No\r\n\r\n'), /407/],
    ['hangs', () => undefined, /did not answer CONNECT/],
    ['lies', (socket) => socket.write('HTTP/1.1 200 OK\r\n\r\nplain'), /sent data before/],
  ])('a proxy that answers %s is reported', async (_, answer, says) => {
    const controller = await controllerWith()
    const proxy = await proxyThat((_request, socket) => answer(socket))
    await expect(dial(optionsFor(controller, { proxy: { url: proxy }, timeoutMs: 1_000 }))).rejects.toMatchObject({
      stage: 'proxy',
      message: says,
    })
  })

  test('connects through a proxy', async () => {
    const controller = await controllerWith()
    const proxy = await proxyThat((request, socket) => {
      const up = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        up.pipe(socket).pipe(up)
      })
      for (const each of [up, socket]) each.on('error', () => undefined)
    })
    const socket = await dial(optionsFor(controller, { proxy: { url: proxy } }))
    expect(socket.protocol).toBe('cantrip.v2')
    socket.terminate()
  })
})

async function proxyThat(handle: (request: { url?: string | undefined }, socket: Socket) => void): Promise<string> {
  const proxy: Server = createServer()
  const open = new Set<Socket>()
  proxy.on('connection', (socket) => open.add(socket))
  proxy.on('connect', (request, socket) => handle(request, socket as Socket))
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  closers.push(() => {
    for (const socket of open) socket.destroy()
    proxy.close()
  })
  return `http://user:secret@127.0.0.1:${(proxy.address() as AddressInfo).port}`
}

describe('a session', () => {
  type Open = Omit<Partial<SessionOptions>, 'on'> & { on?: Partial<SessionOptions['on']> }
  let directory: string
  let outbox: Outbox
  let peer: Peer
  let ended: ReturnType<typeof holdSession>
  let happened: string[]
  let lastSeq: number
  const run = 'r-abcdefghij'
  const welcome: Extract<DownFrame, { t: 'welcome' }>['body'] = {
    version: 1,
    heartbeatMs: 30_000,
    lastSeq: 0,
    now: '2026-01-01T00:00:00Z',
    state: 'APPROVED',
    cluster: 'demo',
  }
  const say = (message: string) =>
    outbox.append({
      t: 'event',
      body: { run, event: { kind: 'log', at: '2026-01-01T00:00:00Z', level: 'info', message } },
    })

  async function open({ on, ...more }: Open = {}): Promise<void> {
    const controller = await controllerWith()
    const coming = controller.connection()
    const socket = await dial(optionsFor(controller))
    closers.push(() => socket.terminate())
    ended = holdSession({
      socket,
      outbox,
      hello: () => ({
        range: { min: 1, max: 1 },
        lastSeq,
        bootId: 'b',
        agentVersion: '0.1.0',
        nodeName: 'one',
        openRun: null,
        warnings: [],
      }),
      nodeIdentity: '/etc/cantrip-blue/node.pem',
      lastSeq: () => lastSeq,
      onWelcome: () => void happened.push('welcome'),
      on: {
        images: () => undefined,
        pieces: () => undefined,
        async instruct({ seq }) {
          lastSeq = seq
          happened.push(`instruct ${seq}`)
        },
        [OPERATION_FRAME]: ({ body }) => void happened.push(`operation ${body.payload}`),
        'pair-check': ({ body }) => void happened.push(`pair-check ${body.say}`),
        cancel: ({ body }) => void happened.push(`cancel ${body.run}`),
        controllers: ({ body }) => void happened.push(`controllers ${body.payload}`),
        trust: ({ body }) => void happened.push(`trust ${body.payload}`),
        state: ({ body }) => void happened.push(`state ${body.state}`),
        ...on,
      },
      random: () => 0.5,
      monotonicMs: () => performance.now(),
      signal: new AbortController().signal,
      ...more,
    })
    peer = await coming
    await peer.next('hello')
  }

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'session-'))
    outbox = openOutbox(join(directory, 'outbox'))
    happened = []
    lastSeq = 0
  })
  afterEach(() => {
    outbox.close()
    rmSync(directory, { recursive: true })
  })

  test('sends the messages that the controller does not have, and drops those that it has', async () => {
    for (const message of ['one', 'two', 'three']) say(message)
    await open()
    peer.send('welcome', { ...welcome, lastSeq: 1 })
    expect([(await peer.next('event')).seq, (await peer.next('event')).seq]).toEqual([2, 3])
    peer.send('ack', {}, 0, 3)
    peer.send('state', { state: 'READY' })
    await expect.poll(() => happened).toContain('state READY')
    expect(outbox.after(0, 10)).toEqual([])
  })

  test('acknowledges a durable message with the next message or within a second', async () => {
    await open()
    peer.send('welcome', welcome)
    peer.send('instruct', { payload: '{}', signature: '' }, 1)
    expect((await peer.next('ack')).ack).toBe(1)
    expect(happened).toEqual(['welcome', 'instruct 1'])
  })

  test('a message that cannot be stored is not acknowledged, and ends the session', async () => {
    await open({ on: { instruct: () => Promise.reject(new Error('the disk is full')) } })
    peer.send('welcome', welcome)
    peer.send('instruct', { payload: '{}', signature: '' }, 1)
    expect(await ended).toMatchObject({ kind: 'lost', why: expect.stringMatching(/disk is full/) })
    expect(peer.received.filter(({ t }) => t === 'ack')).toEqual([])
  })

  test('at most 128 messages are unacknowledged', async () => {
    for (let number = 0; number < 300; number++) say(`line ${number}`)
    await open()
    peer.send('welcome', welcome)
    await expect.poll(() => peer.received.length).toBe(128)
    peer.send('ack', {}, 0, 100)
    await expect.poll(() => peer.received.length).toBe(228)
  })

  test('a silent controller ends the session', async () => {
    await open({ silenceMs: 300 })
    peer.send('welcome', welcome)
    expect(await ended).toMatchObject({ kind: 'lost', why: expect.stringMatching(/silent/) })
  })

  test('a stop during the connection ends the session at once', async () => {
    await open({ signal: AbortSignal.abort() })
    expect(await ended).toMatchObject({ kind: 'lost', why: 'the agent is stopping' })
  })

  test('heartbeats keep the session open', async () => {
    await open({ silenceMs: 2_500 })
    peer.send('welcome', { ...welcome, heartbeatMs: 1_000 })
    const outcome = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 4_000, 'still there'))])
    expect(outcome).toBe('still there')
  })

  test.each<[string, () => void, object]>([
    ['drain', () => peer.send('drain', { spreadMs: 500 }), { kind: 'drain', spreadMs: 500 }],
    [
      'refuse',
      () => peer.send('refuse', { code: 'node/removed', message: 'gone' }),
      { kind: 'refused', why: 'gone (node/removed)' },
    ],
    [
      'refuse, because another machine has the same key',
      () => peer.send('refuse', { code: 'node/two-machines', message: 'two machines have the key' }),
      {
        kind: 'refused',
        why: 'two machines have the key (node/two-machines)',
        problem: {
          code: 'node/two-machines',
          fix: expect.stringMatching(/rm \/etc\/cantrip-blue\/node\.pem,.*do not uninstall/),
        },
      },
    ],
    ['close 4403', () => peer.socket.close(4403, 'removed'), { kind: 'refused' }],
    ['cut', () => peer.socket.terminate(), { kind: 'lost' }],
    [
      'an unknown verb',
      () => peer.socket.send('{"v":1,"t":"exec","id":"x","seq":0,"ack":0,"body":{}}'),
      { kind: 'lost' },
    ],
    [
      'an unknown field',
      () => peer.socket.send('{"v":1,"t":"ack","id":"x","seq":0,"ack":0,"body":{},"sudo":1}'),
      { kind: 'lost' },
    ],
    ['no JSON', () => peer.socket.send('hello?'), { kind: 'lost' }],
    ['deep nesting', () => peer.socket.send('['.repeat(40)), { kind: 'lost', why: expect.stringMatching(/deep/) }],
    ['binary', () => peer.socket.send(Buffer.from([1])), { kind: 'lost', why: expect.stringMatching(/binary/) }],
    ['too much', () => peer.socket.send('x'.repeat(200_000)), { kind: 'lost' }],
    [
      'a second welcome',
      () => peer.send('welcome', welcome),
      { kind: 'lost', why: expect.stringMatching(/out of turn/) },
    ],
  ])('%s ends the session', async (_, act, reason) => {
    await open()
    peer.send('welcome', welcome)
    await expect.poll(() => happened).toContain('welcome')
    act()
    expect(await ended).toMatchObject(reason)
  })

  test('messages before the welcome are rejected', async () => {
    await open()
    peer.send('instruct', { payload: '{}', signature: '' }, 1)
    expect(await ended).toMatchObject({ kind: 'lost', stableMs: 0 })
    expect(happened).toEqual([])
  })
})
