/** The controller with damaged or read-only files of its own: one clear error, and the right exit code. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startController } from '../../src/controller/start.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import { AdminAccess } from '../../src/protocol/api/access.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { adminOf, call, createCluster } from '../support/controller/client.ts'
import { CONTROLLER } from '../support/programs/programs.ts'

let directory: string
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'damage-'))
  await (await start()).close()
})
afterEach(() => rmSync(directory, { recursive: true }))

const start = (log: (line: string) => void = () => undefined) =>
  startController({ dataDirectory: directory, listen: { host: '127.0.0.1', port: 0 }, drainMs: 1, log })

function serve(data: string): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    const argv = [CONTROLLER, 'serve', '--data', data, '--listen', '127.0.0.1:0']
    execFile(process.execPath, argv, { timeout: 20_000 }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), text: stdout + stderr }),
    )
  })
}

test.each([
  ['pki/ca.key', 2, /ca\.key is damaged[\s\S]*fix: restore .*ca\.key from your backup/],
  ['pki/ca.crt', 2, /ca\.crt is damaged[\s\S]*fix: /],
  ['pki/instruction.key', 2, /instruction\.key is damaged[\s\S]*fix: /],
  ['controller.db', 2, /controller\.db cannot be read[\s\S]*fix: /],
])('%s is damaged', async (file, code, says) => {
  const path = join(directory, file)
  const text = readFileSync(path)
  writeFileSync(path, Buffer.concat([text.subarray(0, 20), Buffer.from('damaged'), text.subarray(60)]))
  const ended = await serve(directory)
  expect(ended.text).toMatch(says)
  expect(ended.text).not.toMatch(/\n\s+at |report it|PRIVATE KEY/)
  expect(ended.code).toBe(code)
})

test('an empty key is not replaced by a new one, because no node would trust it', async () => {
  writeFileSync(join(directory, 'pki/instruction.key'), '')
  expect(await serve(directory)).toMatchObject({ code: 2, text: expect.stringContaining('instruction.key is damaged') })
})

const pki = (name: string) => join(directory, 'pki', name)
const keysOf = () => ['ca.crt', 'ca.key', 'instruction.key'].filter((name) => existsSync(pki(name)))

describe('a controller that has a cluster', () => {
  beforeEach(async () => {
    const controller = await start()
    await createCluster(controller, 'demo')
    await controller.close()
  })

  test.each([
    [['ca.crt']],
    [['ca.key']],
    [['instruction.key']],
    [['ca.crt', 'ca.key']],
    [['ca.crt', 'ca.key', 'instruction.key']],
  ])('does not start without %j, and creates no new one, because no node would trust it', async (lost) => {
    for (const name of lost) rmSync(pki(name))
    const left = keysOf()
    const key = left.includes('ca.key') ? readFileSync(pki('ca.key'), 'utf8') : ''
    const ended = await serve(directory)
    expect(ended.code).toBe(2)
    for (const name of lost) expect(ended.text).toContain(pki(name))
    expect(ended.text).toMatch(/is missing[\s\S]*fix: restore .* from your backup/)
    expect(ended.text).not.toMatch(/\n\s+at |report it|PRIVATE KEY/)
    expect(keysOf()).toEqual(left)
    if (key !== '') expect(readFileSync(pki('ca.key'), 'utf8')).toBe(key)
  })

  test('does not start when its data directory is new and the database is not', async () => {
    rmSync(join(directory, 'pki'), { recursive: true })
    await expect(start()).rejects.toMatchObject({ code: 'authority/missing' })
  })
})

test('a certificate without its key is refused, even if no node knows it', async () => {
  rmSync(pki('ca.key'))
  await expect(start()).rejects.toMatchObject({ code: 'authority/missing', message: expect.stringContaining('ca.key') })
  expect(keysOf()).toEqual(['ca.crt', 'instruction.key'])
})

test('an interrupted first start is repeated, and the administrator is admitted', async () => {
  rmSync(pki('ca.crt'))
  const controller = await start()
  const answer = await call(controller.url, adminOf(controller), 'GET', '/v1/clusters')
  await controller.close()
  expect(answer.status).toBe(200)
})

test('two halves that do not belong together, and a key of another type, are refused', async () => {
  const mine = readFileSync(pki('ca.key'))
  const other = createKeyPair()
  writeFileSync(pki('ca.key'), keyToPem(other.privateKey))
  await expect(start()).rejects.toMatchObject({ code: 'authority/damaged', message: expect.stringContaining('ca.key') })
  writeFileSync(pki('ca.key'), mine)
  writeFileSync(pki('instruction.key'), keyToPem(other.privateKey))
  await expect(start()).rejects.toMatchObject({
    code: 'authority/damaged',
    message: expect.stringContaining('instruction.key'),
  })
})

test('a damaged admin.json is replaced, because the controller can create all of its content', async () => {
  const path = join(directory, 'admin.json')
  writeFileSync(path, '{"url":')
  await (await start()).close()
  expect(AdminAccess.safeParse(JSON.parse(readFileSync(path, 'utf8'))).success).toBe(true)
})

test('a data directory that is a file, or below a file, is reported', async () => {
  writeFileSync(join(directory, 'file'), '')
  for (const data of [join(directory, 'file'), join(directory, 'file/data')]) {
    const ended = await serve(data)
    expect(ended.text).toContain(join(directory, 'file'))
    expect(ended.text).not.toMatch(/\n\s+at |report it/)
    expect(ended.code).toBe(4)
  }
})

test('a controller with a damaged bundle starts, names it once, and serves the others', async () => {
  const { manifestSha256: damaged } = await importSmallBundle(directory, Buffer.from('kubelet'))
  writeFileSync(join(directory, 'bundles', damaged, 'manifest.json'), '')
  const lines: string[] = []
  const controller = await start((line) => lines.push(line))
  for (let tries = 0; tries < 2; tries++) {
    const path = `/v1/bundles/${damaged}/manifest.json`
    expect((await call(controller.url, await createCluster(controller, `demo${tries}`), 'GET', path)).status).not.toBe(
      500,
    )
  }
  await controller.close()
  expect(lines.filter((line) => line.includes(damaged))).toEqual([expect.stringMatching(/is damaged.*fix: import it/)])
})
