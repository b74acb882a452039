import { createHash, generateKeyPairSync } from 'node:crypto'
import { appendFile, mkdir, mkdtemp, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create } from 'tar'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type TinyBundle, tinyBundle } from '../../../test/support/tiny-bundle.ts'
import { MANIFEST_NAME, SIGNATURE_NAME } from '../format.ts'
import { signManifest } from '../keys.ts'
import { contentOf, type TarEntry, tarBytes } from '../make/tar.ts'
import { writeHashed } from '../make/write-hashed.ts'
import { verifyBundle } from './verify.ts'

let scratch: string
let bundle: TinyBundle
const at = (path: string) => join(bundle.directory, path)
const verdict = (source = bundle.directory, key = bundle.publicKey) =>
  verifyBundle(source, key).then(
    () => 'verified',
    (error: { code?: string }) => error.code,
  )

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-verify-'))
  bundle = await tinyBundle(join(scratch, 'bundle'))
})
afterEach(() => rm(scratch, { recursive: true, force: true }))

/** Writes another manifest and signs it with the builder's own key. */
async function signAgain(change: (manifest: { files: { path: string; size: number }[] }) => void): Promise<void> {
  const manifest = JSON.parse(await readFile(at(MANIFEST_NAME), 'utf8'))
  change(manifest)
  const bytes = Buffer.from(JSON.stringify(manifest))
  await writeFile(at(MANIFEST_NAME), bytes)
  await writeFile(at(SIGNATURE_NAME), signManifest(bytes, bundle.privateKey))
}

describe('a directory', () => {
  test('that is unchanged passes, with its name', async () => {
    const verified = await verifyBundle(bundle.directory, bundle.publicKey)
    expect(verified.manifest).toEqual(bundle.manifest)
    expect(verified.manifestSha256).toBe(createHash('sha256').update(verified.bytes).digest('hex'))
  })

  test('with a flipped byte is refused', async () => {
    const bytes = await readFile(at('bin/kubelet'))
    bytes[0] = (bytes[0] ?? 0) ^ 1
    await writeFile(at('bin/kubelet'), bytes)
    await expect(verifyBundle(bundle.directory, bundle.publicKey)).rejects.toMatchObject({
      code: 'bundle/wrong-hash',
      kind: 'invalid',
      message: expect.stringMatching(
        /^bin\/kubelet: found SHA-256 [0-9a-f]{64}; wanted [0-9a-f]{64}, as in the manifest$/,
      ),
    })
  })

  test.each([
    ['a missing file', 'bundle/missing-file', () => rm(at('bin/kubelet'))],
    ['a missing signature', 'bundle/missing-file', () => rm(at(SIGNATURE_NAME))],
    ['a file cut short', 'bundle/wrong-size', () => truncate(at('images/pause.tar'), 10)],
    ['a file that grew', 'bundle/wrong-size', () => appendFile(at('bin/kubelet'), 'x')],
    ['a file too many', 'bundle/extra-file', () => writeFile(at('bin/surprise'), '')],
    ['a changed manifest', 'bundle/bad-signature', () => appendFile(at(MANIFEST_NAME), ' ')],
    ['an empty signature', 'bundle/bad-signature', () => writeFile(at(SIGNATURE_NAME), '')],
    ['a huge manifest', 'bundle/too-large', () => truncate(at(MANIFEST_NAME), 2 ** 40)],
  ])('with %s is refused', async (_, code, damage) => {
    await damage()
    expect(await verdict()).toBe(code)
  })

  test('signed with another key is refused', async () => {
    expect(await verdict(bundle.directory, generateKeyPairSync('ed25519').publicKey)).toBe('bundle/bad-signature')
  })

  test('with a link in place of a file is refused, even if the content is right', async () => {
    await rename(at('bin/kubelet'), join(scratch, 'kubelet'))
    await symlink(join(scratch, 'kubelet'), at('bin/kubelet'))
    expect(await verdict()).toBe('bundle/escapes')
  })

  test('with a link in place of a directory is refused', async () => {
    await rename(at('bin'), join(scratch, 'bin'))
    await symlink(join(scratch, 'bin'), at('bin'))
    expect(await verdict()).toBe('bundle/escapes')
  })

  test.each(['../outside', '/etc/passwd', 'bin/../../outside', 'bin/..', './bin/kubelet', 'bin//kubelet'])(
    'whose manifest names %s is refused',
    async (path) => {
      await signAgain((manifest) => Object.assign(manifest.files[0] ?? {}, { path }))
      expect(await verdict()).toBe('bundle/escapes')
    },
  )

  test('whose manifest names a path twice, or itself, is refused', async () => {
    await signAgain(({ files }) => Object.assign(files[0] ?? {}, { path: files[1]?.path }))
    expect(await verdict()).toBe('bundle/bad-manifest')
    await signAgain(({ files }) => Object.assign(files[0] ?? {}, { path: MANIFEST_NAME }))
    expect(await verdict()).toBe('bundle/bad-manifest')
  })

  test('of a later format is refused', async () => {
    await signAgain((manifest) => Object.assign(manifest, { format: 2 }))
    expect(await verdict()).toBe('bundle/bad-manifest')
  })

  test('that does not exist is reported', async () => {
    expect(await verdict(join(scratch, 'nothing'))).toBe('bundle/not-found')
  })
})

describe('a tar', () => {
  const archive = () => join(scratch, 'bundle.tar')
  const file = (path: string, text: string): TarEntry => ({ kind: 'file', path, mode: 0o644, content: contentOf(text) })
  const entries = () =>
    Promise.all(
      [MANIFEST_NAME, SIGNATURE_NAME, ...bundle.manifest.files.map((f) => f.path)].map(
        async (path): Promise<TarEntry> => ({
          kind: 'file',
          path,
          mode: 0o644,
          content: contentOf(await readFile(at(path))),
        }),
      ),
    )
  const pack = async (all: readonly TarEntry[]) => {
    await rm(archive(), { force: true })
    await writeHashed(archive(), tarBytes(all))
  }

  test('verifies, and is unpacked only when asked', async () => {
    await pack(await entries())
    expect(await verdict(archive())).toBe('verified')
    const copy = join(scratch, 'copy')
    await mkdir(copy)
    await verifyBundle(archive(), bundle.publicKey, copy)
    for (const { path } of bundle.manifest.files) {
      expect((await readFile(join(copy, path))).equals(await readFile(at(path)))).toBe(true)
    }
  })

  test('made by another tool, in any order and with directories, verifies', async () => {
    await create({ file: archive(), cwd: bundle.directory }, ['.'])
    expect(await verdict(archive())).toBe('verified')
  })

  test.each<[string, string, TarEntry]>([
    ['a path out of it', 'bundle/escapes', file('../outside', 'x')],
    ['an absolute path', 'bundle/escapes', file('/etc/cantrip-test', 'x')],
    ['a path out of it further on', 'bundle/escapes', file('bin/../../outside', 'x')],
    ['a link', 'bundle/escapes', { kind: 'link', path: 'bin/link', target: '/etc' }],
    ['a file too many', 'bundle/extra-file', file('bin/surprise', 'x')],
    ['a directory too many', 'bundle/extra-file', { kind: 'directory', path: 'surprise', mode: 0o755 }],
    ['a file twice', 'bundle/bad-manifest', file('bin/kubelet', 'x')],
    ['a second manifest', 'bundle/bad-manifest', file(MANIFEST_NAME, '{}')],
  ])('with %s is refused, and nothing of that is written', async (_, code, surprise) => {
    await pack([...(await entries()), surprise])
    const copy = join(scratch, 'copy')
    await mkdir(copy)
    await expect(verifyBundle(archive(), bundle.publicKey, copy)).rejects.toMatchObject({ code })
    await expect(readFile(join(scratch, 'outside'))).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(readFile(join(copy, 'bin/surprise'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('whose file claims another size than the manifest is refused before its content is read', async () => {
    const bomb: TarEntry = {
      kind: 'file',
      path: 'bin/kubelet',
      mode: 0o644,
      content: {
        size: 2 ** 32,
        bytes: () => {
          throw new Error('the header is enough')
        },
      },
    }
    const [manifest, signature] = await entries()
    if (!manifest || !signature) throw new Error('a bundle has both')
    await expect(pack([manifest, signature, bomb])).rejects.toThrow('the header is enough')
    expect(await verdict(archive())).toBe('bundle/wrong-size')
  })

  test('that lacks a file, or is cut short, is refused', async () => {
    const all = await entries()
    await pack(all.slice(0, -1))
    expect(await verdict(archive())).toBe('bundle/missing-file')
    await pack(all)
    await truncate(archive(), 6_000)
    expect(await verdict(archive())).toMatch(/^bundle\/(bad-archive|missing-file)$/)
  })

  test('with a flipped byte is refused', async () => {
    await pack(
      (await entries()).map((entry) =>
        entry.kind === 'file' && entry.path === 'bin/kubelet'
          ? { ...entry, content: contentOf('X'.repeat(entry.content.size)) }
          : entry,
      ),
    )
    expect(await verdict(archive())).toBe('bundle/wrong-hash')
  })

  test('that is compressed, or not a tar file, is refused', async () => {
    await create({ file: archive(), cwd: bundle.directory, gzip: true }, ['.'])
    expect(await verdict(archive())).toBe('bundle/bad-archive')
    await writeFile(archive(), 'text')
    expect(await verdict(archive())).toBe('bundle/bad-archive')
    await writeFile(archive(), '')
    expect(await verdict(archive())).toMatch(/^bundle\/(bad-archive|missing-file)$/)
  })
})
