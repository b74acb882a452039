import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ImageDescription } from './description.ts'
import { sha256Of } from './formats.ts'
import { verifyImage } from './verify-image.ts'

const controller = { version: '0.3.0', capabilities: ['frame/welcome'] }
let directory: string
let description: ImageDescription

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'image-'))
  await writeFile(join(directory, 'a.qcow2'), 'disk')
  description = {
    ...{
      name: 'a',
      agent: '0.3.0',
      minController: '0.3.0',
      capabilities: ['frame/welcome'],
      os: 'debian12',
      arch: 'x64',
    },
    ...{ createdAt: '2026-11-30T00:00:00.000Z', packages: { dpkg: '1.21' } },
    files: [{ name: 'a.qcow2', size: 4, sha256: await sha256Of(join(directory, 'a.qcow2')) }],
  }
})
afterEach(() => rm(directory, { recursive: true }))

const verify = (value: unknown) => verifyImage(join(directory, 'a.json'), JSON.stringify(value), controller)

test('an image whose files are whole is verified', async () => {
  expect(await verify(description)).toEqual(description)
})

test('a file that changed, is cut off, or is missing is named', async () => {
  await writeFile(join(directory, 'a.qcow2'), 'dusk')
  await expect(verify(description)).rejects.toMatchObject({
    code: 'image/damaged',
    message: expect.stringContaining('4 bytes'),
  })
  await truncate(join(directory, 'a.qcow2'), 2)
  await expect(verify(description)).rejects.toThrow(/found 2 bytes at .*a\.qcow2/)
  await rm(join(directory, 'a.qcow2'))
  await expect(verify(description)).rejects.toThrow(/found no file/)
})

test('whole files do not make an image of a later release usable', async () => {
  await expect(verify({ ...description, minController: '1.0.0' })).rejects.toMatchObject({ code: 'image/too-new' })
})

test.each([
  ['no JSON', undefined],
  ['a field that nobody knows', { more: 1 }],
  ['a file elsewhere', { files: [{ name: '../a', size: 1, sha256: 'a'.repeat(64) }] }],
])('%s is no description', async (_, change) => {
  await expect(verify(change && { ...description, ...change })).rejects.toMatchObject({ code: 'image/description' })
})
