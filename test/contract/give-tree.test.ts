import { chownSync, linkSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { giveTree } from '../../src/host/linux/files/give-tree.ts'

test('gives what root wrote, and nothing outside the tree', async () => {
  const top = mkdtempSync(join(tmpdir(), 'give-'))
  onTestFinished(() => rmSync(top, { recursive: true }))
  const [tree, outside] = [join(top, 'tree'), join(top, 'outside')]
  mkdirSync(join(tree, 'a/b'), { recursive: true })
  mkdirSync(outside)
  for (const path of [join(tree, 'a/b/file'), join(tree, 'other'), join(outside, 'secret')]) writeFileSync(path, 'x')
  chownSync(join(tree, 'other'), 1234, 1234)
  symlinkSync(outside, join(tree, 'a/link'))
  linkSync(join(outside, 'secret'), join(tree, 'hard'))
  await giveTree(tree, { uid: 61_000, gid: 61_000 })
  const owner = (path: string) => lstatSync(join(top, path)).uid
  expect(['tree/a', 'tree/a/b', 'tree/a/b/file', 'tree/a/link'].map(owner)).toEqual([61_000, 61_000, 61_000, 61_000])
  expect(['tree', 'tree/other', 'tree/hard', 'outside', 'outside/secret'].map(owner)).toEqual([0, 1234, 0, 0, 0])
})
