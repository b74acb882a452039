import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { removeTree } from '../../src/host/linux/files/remove-tree.ts'

/** Creates nested directories one by one, because the path is too long for a single call. */
const MAKE_DEEP = `
import os, sys
os.chdir(sys.argv[1])
for i in range(int(sys.argv[2])):
    os.mkdir('deep')
    os.chdir('deep')
`

const MAKE_MANY = `
import os, sys
os.chdir(sys.argv[1])
for i in range(100000):
    os.close(os.open(str(i), os.O_CREAT))
`

function countDescriptors() {
  const signal = new AbortController()
  let most = 0
  void (async () => {
    while (!signal.signal.aborted) {
      most = Math.max(most, readdirSync('/proc/self/fd').length)
      await setImmediate()
    }
  })()
  return { signal, mostOpen: () => most }
}

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cantrip-tree-'))
  mkdirSync(join(root, 'tree/a/b'), { recursive: true })
  mkdirSync(join(root, 'other'))
  writeFileSync(join(root, 'tree/a/b/file'), '')
  writeFileSync(join(root, 'other/precious'), '')
})
afterEach(() => rmSync(root, { recursive: true }))

test('the tree is removed, and the targets of its links are kept', async () => {
  symlinkSync(join(root, 'other'), join(root, 'tree/a/link'))
  await removeTree(join(root, 'tree'), { all: true })
  expect(readdirSync(root)).toEqual(['other'])
  expect(readdirSync(join(root, 'other'))).toEqual(['precious'])
  await removeTree(join(root, 'tree'))
})

test.skipIf(process.getuid?.() !== 0)(
  'files of other users are kept, with their parent directories (needs root)',
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
  'a directory of containers is removed completely, whoever owns the files (needs root)',
  async () => {
    chownSync(join(root, 'tree/a/b'), 1234, 1234)
    symlinkSync(join(root, 'other'), join(root, 'tree/away'))
    expect(await removeTree(join(root, 'tree'), { all: true })).toEqual([])
    expect(readdirSync(root)).toEqual(['other'])
    expect(readdirSync(join(root, 'other'))).toEqual(['precious'])
  },
)

test('a link into the tree through another link does not count as leading out of it', async () => {
  symlinkSync(join(root, 'tree'), join(root, 'data'))
  symlinkSync(join(root, 'data/a/b/file'), join(root, 'tree/current'))
  symlinkSync(join(root, 'data/a/gone'), join(root, 'tree/dangling'))
  symlinkSync(join(root, 'other'), join(root, 'tree/a/out'))
  symlinkSync(join(root, 'data/a/out'), join(root, 'tree/to-out'))
  expect(await removeTree(join(root, 'tree'), { keepRoot: true })).toEqual([
    expect.stringContaining('tree/a/out (leads to'),
  ])
  expect(readdirSync(join(root, 'tree'))).toEqual(['a'])
  expect(readdirSync(join(root, 'other'))).toEqual(['precious'])
})

const NAMES = [
  ...[
    'a\xff',
    '\xff',
    '\xfe\x80',
    'a\nb',
    'a\tb',
    '\x1b[2J',
    ' ',
    '-rf',
    '*',
    '%s%n',
    '$(reboot)',
    "'",
    '"',
    '\\',
    '…',
  ].map((name) => Buffer.from(name, 'latin1')),
  Buffer.from('世界 🙂'),
  Buffer.alloc(255, 'n'),
]
const inTree = (...names: Buffer[]) =>
  Buffer.concat([Buffer.from(join(root, 'tree')), ...names.flatMap((name) => [Buffer.from('/'), name])])

test('names of files, directories and links may be any bytes', async () => {
  for (const name of NAMES) {
    mkdirSync(inTree(name))
    for (const inner of NAMES) writeFileSync(inTree(name, inner), '')
    symlinkSync(inTree(NAMES[0] as Buffer), inTree(name, Buffer.from('link')))
  }
  expect(await removeTree(join(root, 'tree'))).toEqual([])
  expect(readdirSync(root)).toEqual(['other'])
})

test.skipIf(process.getuid?.() !== 0)('kept files are reported, whatever their names (needs root)', async () => {
  for (const name of NAMES.slice(0, 4)) {
    writeFileSync(inTree(name), '')
    chownSync(inTree(name), 1234, 1234)
  }
  const spared = await removeTree(join(root, 'tree'))
  const shown = spared.map((one) => one.slice(join(root, 'tree/').length))
  expect(shown.sort()).toEqual(
    ['\\xfe\\x80', '\\xff', 'a\\x0ab', 'a\\xff'].map((name) => `${name} (of user 1234)`).sort(),
  )
})

test('a tree deeper than the maximum path length is removed, with one descriptor at a time', async () => {
  const deepest = 1_200
  execFileSync('python3', ['-c', MAKE_DEEP, join(root, 'tree'), String(deepest)])
  const before = readdirSync('/proc/self/fd').length
  const { signal, mostOpen } = countDescriptors()
  await removeTree(join(root, 'tree'))
  signal.abort()
  expect(mostOpen() - before).toBeLessThan(10)
  expect(readdirSync(root)).toEqual(['other'])
})

test('a directory with 100,000 entries is removed without blocking the event loop', async () => {
  execFileSync('python3', ['-c', MAKE_MANY, join(root, 'tree/a')])
  let turns = 0
  const timer = setInterval(() => turns++, 5)
  await removeTree(join(root, 'tree'))
  clearInterval(timer)
  expect(turns).toBeGreaterThan(5)
  expect(readdirSync(root)).toEqual(['other'])
})

test.skipIf(process.getuid?.() !== 0)(
  'an immutable file is reported with a working fix; the rest is removed (needs root)',
  async () => {
    const path = join(root, 'tree/a/b/file')
    writeFileSync(join(root, 'tree/a/ours'), '')
    execFileSync('chattr', ['+i', path])
    const error = await removeTree(join(root, 'tree')).catch((reason) => reason)
    expect(error).toMatchObject({ code: 'undo/tree-left', message: expect.stringContaining('tree/a/b/file') })
    expect(readdirSync(join(root, 'tree/a'))).toEqual(['b'])
    const [, lift = ''] = /clear these attributes \((.*?)\)/.exec(error.fix) ?? []
    execFileSync('sh', ['-c', lift])
    await removeTree(join(root, 'tree'))
    expect(readdirSync(root)).toEqual(['other'])
  },
)

test('the deletion stops in a directory that is moved away meanwhile', async () => {
  mkdirSync(join(root, 'tree/z'))
  const removal = removeTree(join(root, 'tree'))
  // Its first batch ends within tree, the second one within tree/a.
  await setImmediate()
  renameSync(join(root, 'tree/a'), join(root, 'other/a'))
  await expect(removal).rejects.toMatchObject({ code: 'undo/tree-left' })
  expect(readdirSync(join(root, 'other'))).toEqual(['a', 'precious'])
})

test('the root can be kept', async () => {
  await removeTree(join(root, 'tree'), { keepRoot: true })
  expect(readdirSync(join(root, 'tree'))).toEqual([])
})

test('a link in place of the tree is not followed', async () => {
  symlinkSync(join(root, 'other'), join(root, 'link'))
  await expect(removeTree(join(root, 'link'))).rejects.toMatchObject({ code: 'undo/not-a-directory' })
  expect(readdirSync(join(root, 'other'))).toEqual(['precious'])
})

test.skipIf(process.getuid?.() !== 0)(
  'a bind mount in the tree is reported, and nothing is deleted (needs root)',
  async () => {
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
  },
)
