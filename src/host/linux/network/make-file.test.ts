import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isMade } from './make-file.ts'

const HEAD = Buffer.from('head')
const LAST = Buffer.alloc(3 * 2 ** 20 + 7, 'executable')
const ALL = Buffer.concat([HEAD, LAST, Buffer.alloc(5_000)])
let scratch: string
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-made-'))
  await writeFile(join(scratch, 'head'), HEAD)
  await writeFile(join(scratch, 'last'), LAST)
})
afterEach(() => rm(scratch, { recursive: true, force: true }))

const make = (names = ['head', 'last'], of: { size?: number; signal?: AbortSignal } = {}) => {
  const sha256 = createHash('sha256').update(ALL).digest('hex')
  const tls = { ca: '', cert: '', key: '' }
  const download = { url: '', path: join(scratch, 'made'), size: ALL.length, sha256, tls, mode: 0o600, ...of }
  return isMade(
    download,
    names.map((name) => join(scratch, name)),
  )
}

test('files one after the other, and zeros; parts of a download that was killed are gone', async () => {
  await writeFile(join(scratch, 'made.part'), 'the start of something')
  await writeFile(join(scratch, 'made.zst.part'), 'something compressed')
  expect(await make()).toBe(true)
  expect((await readFile(join(scratch, 'made'))).equals(ALL)).toBe(true)
  expect((await stat(join(scratch, 'made'))).mode & 0o777).toBe(0o600)
  expect((await readdir(scratch)).sort()).toEqual(['head', 'last', 'made'])
})

test.each<[string, Parameters<typeof make>]>([
  ['in another order', [['last', 'head']]],
  ['one is gone', [['head', 'nothing']]],
  ['they are longer', [['head', 'last'], { size: 100 }]],
  ['too many zeros', [['head', 'last'], { size: ALL.length + 1 }]],
])('no file if its sum is wrong: %s', async (_, given) => {
  expect(await make(...given)).toBe(false)
  expect((await readdir(scratch)).sort()).toEqual(['head', 'last'])
})

test('it ends when the run is stopped', async () => {
  await expect(make(undefined, { signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow('stopped')
})
