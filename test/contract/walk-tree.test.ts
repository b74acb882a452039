import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { walkTree } from '../../src/host/linux/files/walk-tree.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cantrip-walk-'))
})
afterEach(() => rmSync(root, { recursive: true }))

const OPTIONS = { depth: 3, contentBytes: 100, skip: new Set<string>(), most: 1_000 }
const at = (...names: (string | Buffer)[]) =>
  Buffer.concat([Buffer.from(root), ...names.flatMap((name) => [Buffer.from('/'), Buffer.from(name as Buffer)])])

test('finds and distinguishes entries whose names are not UTF-8 or contain line breaks, with their contents', async () => {
  for (const name of [Buffer.from([0xff]), Buffer.from([0xfe]), 'a\nb']) {
    mkdirSync(at(name))
    writeFileSync(at(name, name), 'x')
  }
  symlinkSync(at(Buffer.from([0xff])), at('link'))
  const found = await walkTree(root, OPTIONS)
  expect(found.map(({ path }) => path.slice(root.length + 1)).sort()).toEqual(
    ['a\\x0ab', 'a\\x0ab/a\\x0ab', 'link', '\\xfe', '\\xfe/\\xfe', '\\xff', '\\xff/\\xff'].sort(),
  )
  expect(found.find(({ path }) => path.endsWith('/link'))?.target).toBe(`${root}/\\xff`)
  expect(found.filter(({ sha256 }) => sha256).length).toBe(3)
})

test('respects the depth, the maximum number of entries, and the skipped directories', async () => {
  mkdirSync(at('a/b/c/d'), { recursive: true })
  mkdirSync(at('server/x'), { recursive: true })
  const paths = async (options: object) =>
    (await walkTree(root, { ...OPTIONS, ...options })).map(({ path }) => path.slice(root.length + 1))
  expect(await paths({ skip: new Set([`${root}/server`]) })).toEqual(['a', 'a/b', 'a/b/c'])
  expect(await paths({ most: 2 })).toEqual(['a', 'server'])
})
