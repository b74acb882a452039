import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cluster } from '../../../test/support/controller/member.ts'
import { imageArchive } from '../../bundle/make/image.ts'
import type { Cluster } from '../domain/records.ts'
import { openArchives } from './archives.ts'
import { addImages } from './commands.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'commands-'))
  mkdirSync(join(directory, 'bundles'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const left = () => readdirSync(join(directory, 'bundles'))
const which = { id: 'c-aaaaaaaaaa', name: 'demo' }

/** Adds an image while the database fails, and has these clusters. */
async function addInVain(clusters: () => Promise<Cluster[]>): Promise<string[]> {
  const file = join(directory, 'upload.tar')
  const { bytes } = await imageArchive({
    ...{ name: 'registry.example/tool:v1', arch: 'x64', layer: new Map([['/text', { text: 'x'.repeat(50_000) }]]) },
  })
  await writeFile(file, bytes())
  const noted: string[] = []
  const failed = new Error('the database does not answer')
  const ports = {
    bundles: { refresh: async () => undefined, all: () => [] },
    store: { load: async () => ({ cluster: cluster(), nodes: [], runs: [] }), clusters },
    images: {
      archives: openArchives(directory),
      uploads: { use: (_: unknown, work: (path: string) => unknown) => work(file) },
    },
    log: (line: string) => noted.push(line),
    now: () => {
      throw failed
    },
  }
  await expect(addImages(ports as never, which, { upload: '', unpinned: false, by: 'ann' })).rejects.toBe(failed)
  return noted
}

test('archives of images that could not be added are removed at once', async () => {
  expect(await addInVain(async () => [])).toEqual([])
  expect(left()).toEqual([])
})

test('an archive that another cluster has meanwhile is kept', async () => {
  await addInVain(async () => {
    const [sha256 = ''] = left().flatMap((name) => /^([0-9a-f]{64})\.tar$/.exec(name)?.[1] ?? [])
    const archives = { x64: { digest: '', sha256, size: 1 } }
    return [cluster({ images: [{ name: 'x', pinned: true, addedAt: '', addedBy: '', archives }] })]
  })
  expect(left()).toHaveLength(2)
})

test('what cannot be removed now is left to the sweep, and the error stays the first one', async () => {
  expect(await addInVain(() => Promise.reject(new Error('gone')))).toEqual([
    'archives of images that were not added cannot be removed yet: gone',
  ])
  expect(left()).toHaveLength(2)
})
