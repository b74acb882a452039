import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sha256 } from '../../bundle/intake/hash.ts'
import { contentOf, type TarEntry, tarBytes } from '../../bundle/make/tar.ts'
import { openArchives } from './archives.ts'
import { type Intake, takeImages } from './intake.ts'

const MIB = 2 ** 20
const RESERVE = 512 * MIB

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'intake-'))
  mkdirSync(join(directory, 'bundles'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const left = () => readdirSync(join(directory, 'bundles'))

/** An archive of one image with many names. */
async function archive(names: number): Promise<string> {
  const layer = Buffer.alloc(MIB, 'layer')
  const config = JSON.stringify({ architecture: 'amd64', rootfs: { diff_ids: [`sha256:${sha256(layer)}`] } })
  const blob = (content: string | Buffer) => ({ digest: `sha256:${sha256(content)}`, size: content.length })
  const manifest = JSON.stringify({ config: blob(config), layers: [blob(layer)] })
  const named = Array.from({ length: names }, (_, at) => ({
    ...blob(manifest),
    annotations: { 'io.containerd.image.name': `registry.example/tool-${at}:v1` },
  }))
  const file = (path: string, content: string | Buffer): TarEntry => ({
    ...{ kind: 'file', path, mode: 0, content: contentOf(content) },
  })
  const blobs = [config, layer, manifest].map((each) => file(`blobs/sha256/${sha256(each)}`, each))
  const path = join(directory, 'upload.tar')
  await writeFile(path, tarBytes([file('index.json', JSON.stringify({ manifests: named })), ...blobs]))
  return path
}

const intake = (stored: string[], more: Partial<Intake> = {}): Intake => ({
  ...{ needed: new Set(['x64'] as const), admit: () => undefined },
  onStored: (each) => void stored.push(each),
  ...more,
})

test('the images of all names together must have room before any is stored', async () => {
  const stored: string[] = []
  const archives = openArchives(directory, async () => RESERVE + 30 * MIB)
  const taken = takeImages(await archive(40), archives, intake(stored))
  await expect(taken).rejects.toMatchObject({ code: 'images/no-space', message: /^found 542 MiB free/ })
  expect([stored, left()]).toEqual([[], []])
})

test('what the cluster would have is admitted by its bytes before any is stored', async () => {
  const stored: string[] = []
  let asked = 0
  const refused = new Error('too many')
  const admit = (_: readonly string[], bytes: number) => {
    asked = bytes
    throw refused
  }
  await expect(takeImages(await archive(40), openArchives(directory), intake(stored, { admit }))).rejects.toBe(refused)
  expect(asked).toBeGreaterThan(40 * MIB)
  expect(asked).toBeLessThan(41 * MIB)
  expect([stored, left()]).toEqual([[], []])
})

// 1 MiB of the image has to be unpacked, and to be written once more.
test.skipIf(process.getuid?.() !== 0).each(['1000k', '1800k'])(
  'a disk of %s that another program fills meanwhile is told as one without room, and nothing stays (needs root)',
  async (size) => {
    const upload = await archive(1)
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', join(directory, 'bundles')])
    try {
      const stored: string[] = []
      const taken = takeImages(
        upload,
        openArchives(directory, async () => 2 ** 40),
        intake(stored),
      )
      await expect(taken).rejects.toMatchObject({ code: 'images/no-space', kind: 'unreachable' })
      expect([stored, left()]).toEqual([[], []])
    } finally {
      execFileSync('umount', [join(directory, 'bundles')])
    }
  },
)

test('the room is looked at before each image, and what was stored until then is told', async () => {
  const stored: string[] = []
  const archives = openArchives(directory, async () => (stored.length < 2 ? 2 ** 40 : RESERVE))
  const taken = takeImages(await archive(5), archives, intake(stored))
  await expect(taken).rejects.toMatchObject({ code: 'images/no-space' })
  expect(stored).toHaveLength(2)
  for (const each of stored) await archives.discard(each)
  expect(left()).toEqual([])
})
