import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { OF_CONTROLLER } from '../../scripts/reference/files.ts'
import { startController } from '../../src/controller/start.ts'

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
  // An import of a bundle makes the last one.
  expect(new Set(found.map(([path]) => path))).toEqual(new Set([...known.keys()].filter((path) => path !== 'bundles')))
})
