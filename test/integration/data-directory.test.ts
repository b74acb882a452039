import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { OF_CONTROLLER } from '../../scripts/reference/files.ts'
import { startController } from '../../src/controller/start.ts'

test.each([0o755, 0o750])('a directory that was there keeps its mode %o', async (mode) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'data-directory-'))
  onTestFinished(() => rmSync(dataDirectory, { recursive: true }))
  chmodSync(dataDirectory, mode)
  await (await startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 } })).close()
  expect(statSync(dataDirectory).mode & 0o7777).toBe(mode)
  const secret = ['admin.json', 'controller.db', 'pki'].map((name) => statSync(join(dataDirectory, name)).mode & 0o077)
  expect(secret).toEqual([0, 0, 0])
})

test.each([0o1777, 0o775, 0o757])(
  'a directory of mode %o, in which others can write, is refused and not changed',
  async (mode) => {
    const dataDirectory = mkdtempSync(join(tmpdir(), 'data-directory-'))
    onTestFinished(() => rmSync(dataDirectory, { recursive: true }))
    chmodSync(dataDirectory, mode)
    await expect(startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 } })).rejects.toMatchObject({
      code: 'data/foreign-directory',
      message: expect.stringContaining(dataDirectory),
    })
    expect(statSync(dataDirectory).mode & 0o7777).toBe(mode)
    expect(readdirSync(dataDirectory)).toEqual([])
  },
)

test('the reference lists the files of the data directory with their modes', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'data-directory-'))
  onTestFinished(() => rmSync(parent, { recursive: true }))
  const dataDirectory = join(parent, 'data')
  const controller = await startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 } })
  const mode = (path: string) => (statSync(join(dataDirectory, path)).mode & 0o7777).toString(8).padStart(4, '0')
  const known = new Map(OF_CONTROLLER.map(([path, mode]) => [path, mode]))
  const found = ['.', ...readdirSync(dataDirectory)].map((path) => [path.replace(/-(wal|shm)$/, ''), mode(path)])
  await controller.close()
  expect(found.filter(([path, mode]) => known.get(path ?? '') !== mode)).toEqual([])
  // Imports of bundles and of agents, and a syslog server, make the others.
  const later = ['bundles', 'agents', 'audit-syslog.json']
  expect(new Set(found.map(([path]) => path))).toEqual(
    new Set([...known.keys()].filter((path) => !later.includes(path))),
  )
})
