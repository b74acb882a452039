import {
  closeSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { removeTree } from '../../src/host/linux/files/remove-tree.ts'

type Fail = (path: string) => string | undefined
const disk = vi.hoisted(() => ({ readdir: (() => undefined) as Fail, open: (() => undefined) as Fail }))

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>()
  const failing =
    <A extends unknown[], R>(work: (...args: A) => R, fail: Fail) =>
    (...args: A): R => {
      const code = fail(String(args[0]))
      if (code !== undefined) throw Object.assign(new Error(`${code}: injected`), { code })
      return work(...args)
    }
  const readdirSync = failing(fs.readdirSync as never, (path) => disk.readdir(path))
  const openSync = failing(fs.openSync, (path) => disk.open(path))
  return { ...fs, readdirSync, openSync }
})

let root: string
const real = (path: string) => (path.startsWith('/proc/self/fd/') ? readlinkSync(path) : path)
const descriptors = () => readdirSync('/proc/self/fd').length

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cantrip-tree-'))
  for (const path of ['tree/a', 'tree/bad/deep', 'tree/z', 'other']) mkdirSync(join(root, path), { recursive: true })
  for (const path of ['tree/a/file', 'tree/bad/deep/file', 'tree/z/file', 'tree/zz', 'other/precious'])
    writeFileSync(join(root, path), '')
})
afterEach(() => {
  disk.readdir = disk.open = () => undefined
  rmSync(root, { recursive: true })
})

test.each(['EIO', 'EUCLEAN', 'EMFILE'])(
  'an unreadable directory (%s) is kept, and everything else is removed',
  async (code) => {
    const bad = join(root, 'tree/bad')
    disk.readdir = (path) => (path.startsWith('/proc/self/fd/') && real(path) === bad ? code : undefined)
    const before = descriptors()
    await expect(removeTree(join(root, 'tree'))).rejects.toMatchObject({
      code: 'undo/tree-left',
      message: expect.stringContaining(`1 entries of ${root}/tree could not be deleted, first ${bad}: `),
    })
    expect(readdirSync(join(root, 'tree'))).toEqual(['bad'])
    expect(descriptors()).toBe(before)
  },
)

test('if the parent directory cannot be reopened, the rest is kept, and every descriptor is closed once', async () => {
  disk.open = (path) =>
    path.endsWith('/..') && real(path.slice(0, -3)) === join(root, 'tree/bad/deep') ? 'EMFILE' : undefined
  const before = descriptors()
  await expect(removeTree(join(root, 'tree'))).rejects.toMatchObject({ code: 'undo/tree-left' })
  expect(readdirSync(join(root, 'tree'))).toEqual(['bad', 'z', 'zz'])
  expect(descriptors()).toBe(before)
})

test('descriptors that other code opens meanwhile stay open, and their files are kept', async () => {
  const opened: number[] = []
  let isOver = false
  const stranger = (async () => {
    for (; !isOver; await setImmediate()) if (opened.length < 50) opened.push(openSync(join(root, 'other'), 'r'))
  })()
  const removal = await Promise.allSettled([removeTree(join(root, 'tree'))])
  isOver = true
  await stranger
  expect(removal).toEqual([{ status: 'fulfilled', value: [] }])
  expect(readdirSync(root)).toEqual(['other'])
  expect(readdirSync(join(root, 'other'))).toEqual(['precious'])
  expect(opened.length).toBeGreaterThan(0)
  for (const descriptor of opened) expect(fstatSync(descriptor).isDirectory()).toBe(true)
  for (const descriptor of opened) closeSync(descriptor)
})
