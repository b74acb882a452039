import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { check } from '../../src/checks/ntp/check.ts'
import type { HostView } from '../../src/host/host.ts'
import { linuxHostView } from '../../src/host/linux/host-view.ts'
import { chronyd } from '../support/testbed/time-server.ts'

const params = { roles: [], ownStateDirectory: '/nowhere' }
const LIE_SECONDS = 10

let directory: string
let binary: string
/** A real chronyd that serves this machine's time. */
let honest: ChildProcess
let honestPort: number
/** Relays to the honest server, and adds 10 s to its answers. */
let liar: Socket

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'time-'))
  binary = await chronyd()
  honestPort = await freePort()
  honest = start('honest', ['local stratum 3', 'allow 127.0.0.0/8', `port ${honestPort}`, 'cmdport 0'])
  liar = await openLiar(honestPort)
})
afterAll(async () => {
  liar.close()
  await end(honest)
  rmSync(directory, { recursive: true })
})

/** Never sets the clock (-x), and has no control socket in the file system. */
function start(name: string, lines: readonly string[]): ChildProcess {
  const file = join(directory, `${name}.conf`)
  const own = ['bindaddress 127.0.0.1', 'bindcmdaddress /', `pidfile ${join(directory, `${name}.pid`)}`, 'user root']
  writeFileSync(file, `${[...own, ...lines].join('\n')}\n`)
  return spawn(binary, ['-d', '-x', '-f', file], { stdio: 'ignore' })
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill()
  await ended
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

async function openLiar(port: number): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const up = createSocket('udp4')
    up.once('message', (reply) => {
      for (const at of [32, 40]) reply.writeUInt32BE(reply.readUInt32BE(at) + LIE_SECONDS, at)
      socket.send(reply, from.port, from.address)
      up.close()
    })
    up.send(query, port, '127.0.0.1')
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

/** This machine with these servers in chrony.conf and no other time source. Port 123 is mapped to their ports. */
function machine(ports: Record<string, number>, more: Partial<HostView> = {}): HostView {
  const view = linuxHostView()
  const conf = Object.keys(ports).map((server) => `server ${server} iburst\n`)
  return {
    ...view,
    read: async (path) => (path === '/etc/chrony.conf' ? conf.join('') : undefined),
    list: async () => [],
    stat: async () => undefined,
    network: {
      ...view.network,
      exchange: ({ host }, ...rest) => view.network.exchange({ host: '127.0.0.1', port: ports[host] ?? 9 }, ...rest),
    },
    ...more,
  }
}

test('a real chronyd as server: no offset', async () => {
  await expect
    .poll(() => check.look(machine({ '192.0.2.1': honestPort }), params), { timeout: 20_000 })
    .toMatchObject({
      kind: 'pass',
      found: expect.stringMatching(/^192\.0\.2\.1 answers \(stratum 3, offset -?[0-9]\d? ms\)$/),
    })
})

test('a server that is 10 s ahead: alone it is a warning, next to a correct server it is reported', async () => {
  const lies = liar.address().port
  expect(await check.look(machine({ '192.0.2.9': lies }), params)).toMatchObject({
    kind: 'warn',
    found: expect.stringMatching(/^192\.0\.2\.9 answers \(stratum 3, offset (9\d\d\d|100\d\d) ms\)$/),
  })
  expect(await check.look(machine({ '192.0.2.9': lies, '192.0.2.1': honestPort }), params)).toMatchObject({
    kind: 'warn',
    fix: expect.stringMatching(/^remove 192\.0\.2\.9 from /),
  })
})

test('a server that does not answer does not hide one that does', async () => {
  const silent = createSocket('udp4').bind(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address()
  expect(await check.look(machine({ '192.0.2.8': port, '192.0.2.1': honestPort }), params)).toMatchObject({
    kind: 'pass',
  })
  expect(await check.look(machine({ '192.0.2.8': port }), params)).toMatchObject({
    kind: 'fail',
    found: expect.stringMatching(/^none of 192\.0\.2\.8 answers: .*did not answer within 2500 ms/),
  })
  silent.close()
})

test('a real chronyd that follows a server is read with chronyc', async () => {
  const cmdport = await freePort()
  const follower = start('follower', [
    `server 127.0.0.1 port ${honestPort} iburst minpoll 0 maxpoll 0`,
    'port 0',
    `cmdport ${cmdport}`,
    'bindcmdaddress 127.0.0.1',
    'cmdallow 127.0.0.1',
  ])
  const chronyc = join(dirname(dirname(binary)), 'bin/chronyc')
  const real = linuxHostView()
  const view = machine(
    {},
    {
      read: async (path) => (path === '/proc/4711/comm' ? 'chronyd\n' : undefined),
      list: async (path) => (path === '/proc' ? ['4711'] : []),
      ask: ([program, ...argv], options) =>
        program === 'chronyc'
          ? real.ask([chronyc, '-h', '127.0.0.1', '-p', String(cmdport), ...argv], options)
          : Promise.resolve({ exitCode: 1, stdout: '', stderr: '' }),
    },
  )
  await expect
    .poll(() => check.look(view, params), { timeout: 30_000, interval: 500 })
    .toEqual({ kind: 'pass', found: 'chrony follows 127.0.0.1 (stratum 4)' })
  await end(follower)
})
