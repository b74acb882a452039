/** The controller with damaged or read-only files of its own: one clear error, and the right exit code. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startController } from '../../src/controller/start.ts'
import { AdminAccess } from '../../src/protocol/api/access.ts'

const CONTROLLER = join(import.meta.dirname, '../../src/controller.ts')
let directory: string
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'damage-'))
  await (await start()).close()
})
afterEach(() => rmSync(directory, { recursive: true }))

const start = () => startController({ dataDirectory: directory, listen: { host: '127.0.0.1', port: 0 }, drainMs: 1 })

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
