/** The audit log forwarded to a syslog server of this machine: every entry arrives, whatever happens to the server. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { forwardAudit } from '../../src/controller/audit/syslog/forward.ts'
import { syslogTarget } from '../../src/controller/audit/syslog/target.ts'
import type { Change } from '../../src/controller/domain/change.ts'
import { openFile } from '../../src/controller/store/open.ts'
import type { Store } from '../../src/controller/store/port.ts'
import { createCa, issueCertificate } from '../../src/pki/certificate.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import { openChainCheck, removal } from '../../src/protocol/audit/chain.ts'
import { RETENTION_ACTION } from '../../src/protocol/audit/entry.ts'
import { auditContent } from '../support/controller/audit.ts'
import { waitFor } from '../support/wait-for.ts'

let directory: string
let store: Store
let logged: string[]
let stop: () => Promise<void>
let receiver: Receiver

/** A server that reads messages by their length (RFC 5425). */
class Receiver {
  messages: string[] = []
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  port = 0

  async start(make: (onSocket: (socket: Socket) => void) => Server = (on) => createServer(on)): Promise<void> {
    this.#server = make((socket) => {
      this.#sockets.add(socket)
      let pending = Buffer.alloc(0)
      socket.on('error', () => undefined)
      socket.on('data', (data) => {
        pending = Buffer.concat([pending, data])
        for (;;) {
          const [, length] = /^(\d+) /.exec(pending.subarray(0, 12).toString('latin1')) ?? []
          const from = (length?.length ?? 0) + 1
          if (length === undefined || pending.length < from + Number(length)) return
          this.messages.push(pending.subarray(from, from + Number(length)).toString())
          pending = pending.subarray(from + Number(length))
        }
      })
    })
    const server = this.#server
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve))
    this.port = (server.address() as AddressInfo).port
  }

  async end(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
    const server = this.#server
    this.#server = undefined
    if (server) await new Promise((resolve) => server.close(resolve))
  }

  /** What is after the header. */
  get entries() {
    return this.messages.map((message) => JSON.parse(message.slice(message.indexOf('{'))))
  }
}

const add = (count: number): Promise<boolean> =>
  store.commit(
    Array.from(
      { length: count },
      (): Change => ({ change: 'add-audit-entry', content: auditContent({ reason: 'ä\u202e' }) }),
    ),
  )
const forward = (url = `tcp://127.0.0.1:${receiver.port}`) => {
  const ports = { store, now: () => new Date(), log: Object.assign((line: string) => void logged.push(line), {}) }
  const sender = { hostname: 'controller-1', pid: 42 }
  const file = join(directory, 'audit-syslog.json')
  stop = forwardAudit(ports as never, { target: syslogTarget(url), file, everyMs: 10, sender }).stop
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'syslog-'))
  store = await openFile(join(directory, 'controller.db'))
  logged = []
  receiver = new Receiver()
  stop = async () => undefined
})
afterEach(async () => {
  await stop()
  await receiver.end()
  await store.close()
  rmSync(directory, { recursive: true })
})

test('each entry is a message of RFC 5424 from which the chain is verified, over outages of the server and of the controller', async () => {
  await receiver.start()
  await add(250)
  forward()
  await waitFor('250 messages', () => receiver.messages.length === 250)
  expect(receiver.messages[0]).toMatch(
    /^<110>1 2026-01-01T00:00:00\.000Z controller-1 cantrip-controller 42 createCluster - \{"at":/,
  )
  expect(receiver.messages[0]).not.toContain('\u202e')
  await receiver.end()
  await waitFor('the log', () => logged.length > 0)
  await add(10)
  await receiver.start()
  await waitFor('260 entries', () => new Set(receiver.entries.map(({ number }) => number)).size === 260)
  expect(logged).toEqual([expect.stringContaining('is not forwarded'), expect.stringContaining('is forwarded')])
  const saved = () => JSON.parse(readFileSync(join(directory, 'audit-syslog.json'), 'utf8')).number
  await waitFor('the position', () => saved() === 260)
  await stop()
  await add(5)
  receiver.messages = []
  forward()
  await waitFor('5 messages', () => receiver.messages.length === 5)
  expect(receiver.entries.map(({ number }) => number)).toEqual([261, 262, 263, 264, 265])
  await stop()
  rmSync(join(directory, 'audit-syslog.json'))
  receiver.messages = []
  forward()
  await waitFor('265 messages', () => receiver.messages.length === 265)
  const check = openChainCheck()
  for (const entry of receiver.entries) check.add(entry)
  expect(check.end()).toMatchObject({ fault: undefined, count: 265 })
})

test('a server that is never there blocks nothing; entries that retention removed meanwhile are named', async () => {
  await receiver.start()
  await receiver.end()
  forward()
  await add(20)
  await waitFor('the log', () => logged.length > 0)
  const [, last] = await store.auditAfter({ after: 9 }, 2)
  if (!last) throw new Error('there is no entry 11')
  const content = auditContent({ action: RETENTION_ACTION, changes: [removal(last)] })
  await store.commit([
    { change: 'remove-audit-entries', upTo: 11 },
    { change: 'add-audit-entry', content },
  ])
  await receiver.start()
  await waitFor('the entries', () => receiver.messages.length === 11)
  expect(receiver.entries[0]).toEqual({ gap: { from: 1, to: 11 }, reason: expect.stringContaining('retention') })
  expect(receiver.entries.slice(1).map(({ number }) => number)).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20, 21])
})

test('over TLS only to a server with a certificate of the given CA', async () => {
  const now = new Date()
  const ca = createCa({ commonName: 'syslog CA', days: 30, now })
  const { privateKey, publicKey } = createKeyPair()
  const certificate = issueCertificate({
    ...{ ca, publicKey, commonName: 'syslog', usages: ['serverAuth'], notBefore: now, days: 30 },
    ipAddresses: ['127.0.0.1'],
  })
  await receiver.start((on) => createTlsServer({ key: keyToPem(privateKey), cert: certificate }, on))
  await add(3)
  forward(`tls://127.0.0.1:${receiver.port}`)
  await waitFor('the log', () => logged.length > 0)
  expect(logged[0]).toMatch(/is not forwarded to tls:\/\/127\.0\.0\.1:\d+: .*certificate/)
  await stop()
  writeFileSync(join(directory, 'ca.pem'), ca.certificate)
  forward(`tls://127.0.0.1:${receiver.port}?ca=${join(directory, 'ca.pem')}`)
  await waitFor('3 messages', () => receiver.messages.length === 3)
})

test.each([
  'udp://syslog.example:514',
  'tls://',
  'tcp://user:secret@syslog.example',
  'tcp://syslog.example?ca=x',
  'syslog.example',
])('%s is refused', (url) => {
  expect(() => syslogTarget(url)).toThrow(/is not the URL of a syslog server/)
})
