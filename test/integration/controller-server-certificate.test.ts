import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Controller, startController } from '../../src/controller/start.ts'
import { createCa, issueCertificate } from '../../src/pki/certificate.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import { connectAgent } from '../support/controller/agent.ts'
import { adminOf, createCluster, enrolNode } from '../support/controller/client.ts'
import { waitFor } from '../support/wait-for.ts'

const DAY_MS = 86_400_000
const publicCa = createCa({ commonName: 'a public CA', days: 30, now: new Date() })

let directory: string
let controller: Controller | undefined
let aheadMs: number
let log: string[]

const fileOf = (name: string) => join(directory, name)
const files = () => ({ certificate: fileOf('browser.pem'), key: fileOf('browser.key') })

function writeCertificate(dnsNames: string[], days = 30): string {
  const { publicKey, privateKey } = createKeyPair()
  const notBefore = new Date(Date.now() - 40 * DAY_MS)
  const order = { ca: publicCa, publicKey, commonName: 'x', dnsNames, usages: ['serverAuth'] as const, notBefore }
  const certificate = issueCertificate({ ...order, days: days + 40 })
  writeFileSync(files().key, keyToPem(privateKey))
  writeFileSync(files().certificate, certificate + publicCa.certificate)
  return new X509Certificate(certificate).serialNumber
}

const start = async (withFiles = false, publicUrls: string[] = []) => {
  controller = await startController({
    dataDirectory: fileOf('data'),
    listen: { host: '127.0.0.1', port: 0 },
    publicUrls,
    now: () => new Date(Date.now() + aheadMs),
    tickMs: 600_000,
    heartbeatMs: () => 60_000,
    log: (line) => void log.push(line),
    ...(withFiles && { tlsFiles: files() }),
  })
  return controller
}

/** The certificate that a new handshake gets. */
async function served({ port, adminFile, url }: Controller, servername?: string): Promise<X509Certificate> {
  const { ca, ...own } = adminOf({ adminFile, url } as Controller)
  const trust = { ca: [ca, publicCa.certificate], ...(servername !== undefined && { servername }) }
  // This client's clock is not the controller's: a certificate of the future is not an error here.
  const socket = connect({ host: '127.0.0.1', port, ...own, ...trust, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const certificate = socket.getPeerX509Certificate()
  socket.destroy()
  if (!certificate) throw new Error('no certificate')
  return certificate
}

beforeEach(() => {
  aheadMs = 0
  log = []
  directory = mkdtempSync(join(tmpdir(), 'controller-'))
})
afterEach(async () => {
  await controller?.close()
  controller = undefined
  rmSync(directory, { recursive: true })
})

it.each([
  ['it was suspended for 61 days', 61 * DAY_MS],
  ['its clock was set back by a day', -DAY_MS],
])('the next handshake gets a certificate that is valid for long after %s, and sessions stay', async (_, byMs) => {
  const running = await start()
  const node = await enrolNode(running, await createCluster(running, 'demo'), 'one')
  const agent = await connectAgent(running, node)
  const before = await served(running)
  expect((await served(running)).serialNumber).toBe(before.serialNumber)
  aheadMs = byMs
  const after = await served(running)
  expect(after.serialNumber).not.toBe(before.serialNumber)
  const now = Date.now() + byMs
  expect(after.validFromDate.getTime()).toBeLessThan(now)
  expect(after.validToDate.getTime()).toBeGreaterThan(now + 60 * DAY_MS)
  expect(agent.socket.readyState).toBe(agent.socket.OPEN)
})

it.each([undefined, 'controller.example'])(
  'resumes no session of %s: each connection shows its certificate',
  async (servername) => {
    writeCertificate(['controller.example'])
    const { port, adminFile, url } = await start(true)
    const { ca, ...own } = adminOf({ adminFile, url } as Controller)
    const options = {
      host: '127.0.0.1',
      port,
      ...own,
      ca: [ca, publicCa.certificate],
      ...(servername && { servername }),
    }
    const open = (session?: Buffer) => connect({ ...options, rejectUnauthorized: false, ...(session && { session }) })
    const first = open()
    const [session] = (await once(first, 'session')) as [Buffer]
    first.destroy()
    const second = open(session)
    await once(second, 'secureConnect')
    expect(second.isSessionReused()).toBe(false)
    second.destroy()
  },
)

it('serves a certificate of another CA for the name of browsers only, and the new one when the files change', async () => {
  const first = writeCertificate(['console.web.example', 'agents.web.example'])
  const running = await start(true, ['https://agents.web.example:8443', 'https://127.0.0.1:8443'])
  expect((await served(running, 'console.web.example')).serialNumber).toBe(first)
  for (const name of [undefined, 'localhost', 'agents.web.example'])
    expect((await served(running, name)).issuer, name).toMatch(/cantrip/)

  const second = writeCertificate(['*.web.example'])
  const isServed = async () => (await served(running, 'console.web.example')).serialNumber === second || undefined
  await waitFor('the new certificate', isServed)
  expect((await served(running, 'agents.web.example')).issuer).toMatch(/cantrip/)

  writeFileSync(files().key, 'half a k')
  const logged = () => log.filter((line) => line.includes('not changed'))
  await waitFor('the line about it', async () => {
    await served(running, 'console.web.example')
    return logged().length > 0 || undefined
  })
  expect(logged()).toEqual([expect.stringContaining('browser.key has no unencrypted private key in PEM')])
  expect((await served(running, 'console.web.example')).serialNumber).toBe(second)
})

it('an expired certificate of the files is reported, and agents are not affected', async () => {
  writeCertificate(['console.web.example'], -1)
  const running = await start(true)
  expect(log).toContainEqual(expect.stringMatching(/browser\.pem expired at \d{4}-/))
  expect((await served(running)).issuer).toMatch(/cantrip/)
})

it.each<[string, RegExp, () => void]>([
  ['a missing file', /browser\.pem does not exist/, () => rmSync(files().certificate)],
  ['no certificate', /browser\.pem has no certificate in PEM/, () => writeFileSync(files().certificate, 'x')],
  ['the key of another one', /browser\.key is not the key/, () => writeFileSync(files().key, keyToPem(publicCa.key))],
  ['no name', /is for no DNS name/, () => writeCertificate([])],
  ['only the name of agents', /only for agents\.web\.example/, () => writeCertificate(['agents.web.example'])],
])('files with %s are an error at the start', async (_, found, spoil) => {
  writeCertificate(['console.web.example'])
  spoil()
  await expect(start(true, ['https://agents.web.example:8443'])).rejects.toMatchObject({
    code: 'serve/tls-files',
    message: expect.stringMatching(found),
  })
})
