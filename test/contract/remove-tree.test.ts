import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { removeTree } from '../../src/host/linux/remove-tree.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cantrip-tree-'))
  mkdirSync(join(root, 'tree/a/b'), { recursive: true })
  mkdirSync(join(root, 'other'))
  writeFileSync(join(root, 'tree/a/b/file'), '')
  writeFileSync(join(root, 'other/precious'), '')
})
afterEach(() => rmSync(root, { recursive: true }))

test('all of it goes, and what a link in it points to stays', async () => {
  symlinkSync(join(root, 'other'), join(root, 'tree/a/link'))
  await removeTree(join(root, 'tree'), { all: true })
  expect(readdirSync(root)).toEqual(['other'])
  expect(readdirSync(join(root, 'other'))).toEqual(['precious'])
  await removeTree(join(root, 'tree'))
})

test.skipIf(process.getuid?.() !== 0)(
  'what is not ours stays, with the directories above it (needs root)',
  async () => {
    chownSync(join(root, 'tree/a/b/file'), 1234, 1234)
    writeFileSync(join(root, 'tree/a/ours'), '')
    symlinkSync(join(root, 'other'), join(root, 'tree/away'))
    symlinkSync('a/b', join(root, 'tree/within'))
    expect(await removeTree(join(root, 'tree'))).toEqual([
      expect.stringContaining('tree/a/b/file (of user 1234)'),
      expect.stringMatching(/tree\/away \(leads to .*other\)/),
    ])
    expect(readdirSync(join(root, 'tree'))).toEqual(['a', 'away'])
    expect(readdirSync(join(root, 'tree/a'))).toEqual(['b'])
    expect(readdirSync(join(root, 'other'))).toEqual(['precious'])
  },
)

test.skipIf(process.getuid?.() !== 0)(
  'of a directory of containers all goes, whosever it is (needs root)',
  async () => {
    chownSync(join(root, 'tree/a/b'), 1234, 1234)
    symlinkSync(join(root, 'other'), join(root, 'tree/away'))
    expect(await removeTree(join(root, 'tree'), { all: true })).toEqual([])
    expect(readdirSync(root)).toEqual(['other'])
    expect(readdirSync(join(root, 'other'))).toEqual(['precious'])
  },
)

test('the root may stay', async () => {
  await removeTree(join(root, 'tree'), { keepRoot: true })
  expect(readdirSync(join(root, 'tree'))).toEqual([])
})

test('a link in the place of the tree is not followed', async () => {
  symlinkSync(join(root, 'other'), join(root, 'link'))
  await expect(removeTree(join(root, 'link'))).rejects.toMatchObject({ code: 'undo/not-a-directory' })
  expect(readdirSync(join(root, 'other'))).toEqual(['precious'])
})

test.skipIf(process.getuid?.() !== 0)('a bind mount below is named, and nothing is deleted (needs root)', async () => {
  const point = join(root, 'tree/a/mounted')
  mkdirSync(point)
  execFileSync('mount', ['--bind', join(root, 'other'), point])
  try {
    await expect(removeTree(join(root, 'tree'))).rejects.toMatchObject({
      code: 'undo/holds-mount',
      message: expect.stringContaining(point),
    })
  } finally {
    execFileSync('umount', [point])
  }
  expect(readdirSync(join(root, 'tree/a/b'))).toEqual(['file'])
  expect(readdirSync(join(root, 'other'))).toEqual(['precious'])
})
