import { execFile } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CheckResult } from '../../src/engine/checks/run-checks.ts'
import { linuxHostView } from '../../src/host/linux/host-view.ts'
import { askNameServers } from '../../src/host/network/ask-name-servers.ts'
import { AGENT } from '../support/programs/programs.ts'
import { answer } from '../support/testbed/dns-message.ts'

const KNOWN = new Map([['controller.example.com', '192.0.2.7']])
const ANSWERING = '127.0.0.71'
const HANGING = '127.0.0.72'

let directory: string
let servers: Socket[]

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'names-'))
  servers = await Promise.all([
    serve(ANSWERING, (query, socket, from) => {
      const response = answer(query, KNOWN)
      if (response) socket.send(response, from.port, from.address)
    }),
    serve(HANGING, () => undefined),
  ])
})
afterAll(() => {
  for (const server of servers) server.close()
  rmSync(directory, { recursive: true })
})

type Serve = (query: Buffer, socket: Socket, from: { port: number; address: string }) => void

async function serve(address: string, onQuery: Serve): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => onQuery(query, socket, from))
  socket.bind(53, address)
  await once(socket, 'listening')
  return socket
}

test('each name server is asked, and reported with its answer', async () => {
  const text = `nameserver ${ANSWERING}\nnameserver ${HANGING}\nnameserver 127.0.0.73\n`
  const view = { ...linuxHostView(), read: async () => text }
  const silent =
    '127.0.0.72: no answer within 2000 ms; 127.0.0.73: connection refused (no program listens on this port)'
  expect(await askNameServers(view, 'controller.example.com')).toMatch(
    new RegExp(`^127\\.0\\.0\\.71: 192\\.0\\.2\\.7 \\(\\d+ ms\\); ${silent.replace(/[.()]/g, '\\$&')}$`),
  )
  expect(await askNameServers(view, 'nobody.example.com')).toMatch(/^127\.0\.0\.71: no such name \(\d+ ms\); /)
})

/** Runs `agent precheck` with another host name and other files in /etc, in separate namespaces. */
async function precheckAs(name: string, files: Record<string, string>): Promise<Map<string, CheckResult>> {
  const etc = mkdtempSync(join(directory, 'etc-'))
  cpSync('/etc', etc, { recursive: true, verbatimSymlinks: true })
  for (const [path, text] of Object.entries({ hosts: '127.0.0.1 localhost\n', ...files })) {
    rmSync(join(etc, path), { force: true })
    writeFileSync(join(etc, path), text)
  }
  const script = 'echo "$1" > /proc/sys/kernel/hostname && mount --bind "$2" /etc && exec "$3" "$4" precheck -o json'
  const shell = ['sh', '-c', script, 'sh', name, etc, process.execPath, AGENT]
  const { stdout } = await promisify(execFile)('unshare', ['--mount', '--uts', ...shell]).catch((error) => error)
  const { checks } = JSON.parse(stdout) as { checks: CheckResult[] }
  return new Map(checks.map((check) => [check.id, check]))
}

test.concurrent('a name server that does not answer is reported with the time that it cost', async () => {
  const results = await precheckAs('lonely-node', { 'resolv.conf': `nameserver ${HANGING}\n` })
  expect(results.get('hostname')).toMatchObject({
    verdict: 'warn',
    found: expect.stringMatching(
      /^no answer for lonely-node after \d+\.\d s \(127\.0\.0\.72: no answer within 2000 ms\)$/,
    ),
  })
  expect(results.get('resolv-conf')).toMatchObject({ verdict: 'fail', found: expect.stringContaining('127.0.0.72') })
})

test.concurrent('an invalid host name, and options rotate', async () => {
  const results = await precheckAs('Bad_Name', { 'resolv.conf': `nameserver ${ANSWERING}\noptions rotate\n` })
  expect(results.get('hostname')).toMatchObject({
    verdict: 'fail',
    fix: expect.stringContaining('--hostname bad-name'),
  })
  expect(results.get('resolv-conf')).toMatchObject({ verdict: 'fail', found: expect.stringMatching(/^options rotate/) })
})

test.concurrent('a name that the name server cannot resolve', async () => {
  const results = await precheckAs('nobody.example.com', { 'resolv.conf': `nameserver ${ANSWERING}\n` })
  expect(results.get('hostname')).toMatchObject({
    verdict: 'fail',
    found: expect.stringMatching(/^nobody\.example\.com does not resolve \(127\.0\.0\.71: no such name \(\d+ ms\)\)$/),
  })
})

test.concurrent('many unanswered names delay neither other checks nor the end of the program', async () => {
  const startedAt = performance.now()
  const pools = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => `pool ${i}.pool.example.org iburst\n`)
  const search = ['a', 'b', 'c', 'd'].map((label) => `${label}.example.org`).join(' ')
  const results = await precheckAs('lonely-node', {
    'resolv.conf': `nameserver ${HANGING}\nnameserver 192.0.2.53\nsearch ${search}\n`,
    'chrony.conf': pools.join(''),
  })
  expect([...results.values()].filter(({ verdict }) => verdict === 'error')).toEqual([])
  expect(performance.now() - startedAt).toBeLessThan(30_000)
})
