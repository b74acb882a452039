import { execFileSync } from 'node:child_process'
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { create } from 'tar'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fillDisk } from '../../test/support/fill-disk.ts'
import { type TinyBundle, tinyBundle } from '../../test/support/tiny-bundle.ts'
import { importBundle, listBundles } from './import.ts'
import { verifyBundle } from './verify/verify.ts'

let scratch: string
let data: string
let bundle: TinyBundle
const NOW = new Date('2026-01-02T00:00:00Z')

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-import-'))
  data = join(scratch, 'data')
  bundle = await tinyBundle(join(scratch, 'bundle'))
})
afterEach(() => rm(scratch, { recursive: true, force: true }))

test('an import stores the bundle by its hash with the key of its builder, and the stored bundle verifies', async () => {
  const stored = await importBundle(bundle.directory, data, bundle.publicKey, NOW)
  const { manifestSha256, publicKey } = bundle.ref
  expect(stored).toMatchObject({ manifestSha256, publicKey, directory: join(data, 'bundles', manifestSha256) })
  expect(await readFile(join(data, 'bundles', `${manifestSha256}.pub`), 'utf8')).toBe(`${publicKey}\n`)
  await verifyBundle(stored.directory, bundle.publicKey)
})

test('importing again repairs damaged files', async () => {
  const { directory } = await importBundle(bundle.directory, data, bundle.publicKey, NOW)
  await rm(join(directory, 'bin/runc'))
  await importBundle(bundle.directory, data, bundle.publicKey, NOW)
  await verifyBundle(directory, bundle.publicKey)
  expect((await readdir(join(data, 'bundles'))).sort()).toEqual([
    bundle.ref.manifestSha256,
    `${bundle.ref.manifestSha256}.pub`,
    `zst-${bundle.ref.manifestSha256}`,
  ])
})

test('two bundles are listed, the newest first', async () => {
  await importBundle(bundle.directory, data, bundle.publicKey, NOW)
  const later = await tinyBundle(join(scratch, 'later'), {
    now: new Date('2026-01-03T00:00:00Z'),
  })
  await importBundle(later.directory, data, later.publicKey, NOW)
  const names = (await listBundles(data)).bundles.map((stored) => stored.manifestSha256)
  expect(names).toEqual([later.ref.manifestSha256, bundle.ref.manifestSha256])
})

test('without room for compressed copies, a bundle has none', async () => {
  const { manifestSha256 } = bundle.ref
  await importBundle(bundle.directory, data, bundle.publicKey, NOW, async (_manifest, _directory, staging) => {
    await mkdir(staging)
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  })
  expect((await readdir(join(data, 'bundles'))).sort()).toEqual([manifestSha256, `${manifestSha256}.pub`])
})

test.skipIf(process.getuid?.() !== 0)('a full disk is told as such, and nothing stays (needs root)', async () => {
  const tar = join(scratch, 'bundle.tar')
  await create({ cwd: bundle.directory, file: tar }, ['.'])
  await mkdir(data)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', data])
  try {
    fillDisk(join(data, 'ballast'))
    for (const source of [bundle.directory, tar]) {
      await expect(importBundle(source, data, bundle.publicKey, NOW)).rejects.toMatchObject({
        ...{ code: 'disk/full', message: expect.stringContaining(data), fix: expect.stringContaining('df -h') },
      })
    }
    expect(await readdir(join(data, 'bundles'))).toEqual([])
  } finally {
    execFileSync('umount', [data])
  }
})

test('a damaged bundle leaves nothing', async () => {
  await appendFile(join(bundle.directory, 'bin/runc'), 'x')
  await expect(importBundle(bundle.directory, data, bundle.publicKey, NOW)).rejects.toMatchObject({
    code: 'bundle/wrong-size',
  })
  expect(await readdir(join(data, 'bundles'))).toEqual([])
})

test('a controller without bundles lists none', async () => {
  expect(await listBundles(data)).toEqual({ bundles: [], damaged: [] })
})

test.each<[string, (directory: string) => Promise<void>]>([
  ['an empty manifest', (directory) => writeFile(join(directory, 'manifest.json'), '')],
  ['a changed manifest', (directory) => appendFile(join(directory, 'manifest.json'), ' ')],
  ['no manifest', (directory) => rm(join(directory, 'manifest.json'))],
  ['an empty signature', (directory) => writeFile(join(directory, 'manifest.json.sig'), '')],
  ['no key', (directory) => rm(`${directory}.pub`)],
  ['an empty key', (directory) => writeFile(`${directory}.pub`, '')],
  ['a lost file', (directory) => rm(join(directory, 'bin/runc'))],
  ['a truncated file', (directory) => truncate(join(directory, 'bin/runc'), 1)],
  ['the name of another bundle', (directory) => rename(directory, join(dirname(directory), '0'.repeat(64)))],
  ['a file in its place', (directory) => rm(directory, { recursive: true }).then(() => writeFile(directory, ''))],
])('a stored bundle with %s is named, and does not hide the others', async (_, damage) => {
  const { directory } = await importBundle(bundle.directory, data, bundle.publicKey, NOW)
  const whole = await tinyBundle(join(scratch, 'whole'), { now: new Date('2026-01-03T00:00:00Z') })
  await importBundle(whole.directory, data, whole.publicKey, NOW)
  await damage(directory)
  const { bundles, damaged } = await listBundles(data)
  expect(bundles.map(({ manifestSha256 }) => manifestSha256)).toEqual([whole.ref.manifestSha256])
  expect(damaged).toMatchObject([
    { error: { code: 'bundle/damaged', fix: expect.stringContaining('import it again') } },
  ])
  expect(damaged[0]?.error.message).toContain(join(data, 'bundles', damaged[0]?.manifestSha256 ?? '?'))
})

test('an import removes what interrupted ones left, but not one that still writes', async () => {
  const root = join(data, 'bundles')
  const at = async (path: string, time: Date) => {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), 'x')
    await utimes(join(root, path), time, time)
    return join(root, path)
  }
  const [long, recent] = [new Date(NOW.getTime() - 3_700_000), new Date(NOW.getTime() - 60_000)]
  for (const [name, time] of [
    ['import-left', long],
    ['import-slow', recent],
  ] as const) {
    const file = await at(`${name}/bundle/bin/kubelet`, time)
    for (let path = dirname(file); path !== root; path = dirname(path)) await utimes(path, long, long)
  }
  await importBundle(bundle.directory, data, bundle.publicKey, NOW)
  expect((await readdir(root)).filter((name) => name.startsWith('import-'))).toEqual(['import-slow'])
})
