import { generateKeyPairSync } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { list } from 'tar'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tinyBundle } from '../../../test/support/tiny-bundle.ts'
import { describeItem } from '../sources/items.ts'
import { verifyBundle } from '../verify/verify.ts'
import { DEFAULT_VERSIONS } from '../versions/sets.ts'
import { buildBundle } from './build-bundle.ts'
import { build, directoryOf } from './cache.ts'
import { contentOf } from './tar.ts'

let scratch: string
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-build-'))
})
afterEach(() => rm(scratch, { recursive: true, force: true }))

test('a bundle replaces an earlier one, and nothing else', async () => {
  const output = join(scratch, 'bundle')
  await tinyBundle(output)
  const second = await tinyBundle(output, { agentVersion: '2.0.0' })
  expect(second.manifest.files.map((file) => file.name)).toContain('cantrip.local/agent:2.0.0')
  await verifyBundle(output, second.publicKey)
  expect(await readdir(scratch)).toEqual(['bundle'])
  await mkdir(join(scratch, 'precious'))
  await writeFile(join(scratch, 'precious', 'thesis.txt'), '')
  await expect(tinyBundle(join(scratch, 'precious'))).rejects.toMatchObject({
    code: 'bundle/output-exists',
    kind: 'invalid',
  })
})

test('a tar file contains the same files as a directory, manifest and signature first', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const build = (output: string) =>
    buildBundle({
      source: async () => [
        { ...describeItem('binary', 'kubelet', DEFAULT_VERSIONS.kubernetes), content: contentOf('kubelet') },
        { ...describeItem('manifest', 'flannel.yaml', 'v0.28.4'), content: contentOf('kind: List') },
      ],
      arch: 'x64',
      cache: { directory: scratch, progress: () => undefined },
      agent: { file: '', version: '' },
      key: privateKey,
      output,
      versions: DEFAULT_VERSIONS,
      now: new Date(0),
    })
  await build(join(scratch, 'bundle'))
  await build(join(scratch, 'bundle.tar'))
  const [directory, tar] = await Promise.all(
    ['bundle', 'bundle.tar'].map((name) => verifyBundle(join(scratch, name), publicKey)),
  )
  expect(tar?.manifestSha256).toBe(directory?.manifestSha256)
  const names: string[] = []
  await list({ file: join(scratch, 'bundle.tar'), onReadEntry: ({ path }) => names.push(path) })
  expect(names).toEqual(['manifest.json', 'manifest.json.sig', 'bin/kubelet', 'manifests/flannel.yaml'])
})

test('a part is built once and cached by name and recipe; a failure leaves no file', async () => {
  const cache = { directory: join(scratch, 'cache'), progress: () => undefined }
  let made = 0
  const make = async (directory: string) => {
    made += 1
    await writeFile(join(directory, 'out'), String(made))
  }
  const thing = { name: 'thing-v1', recipe: { flags: 1 }, seconds: 1, make }
  await build(cache, thing)
  await build(cache, thing)
  const first = directoryOf(cache, thing)
  expect(await readFile(join(first, 'out'), 'utf8')).toBe('1')
  await build(cache, { ...thing, recipe: { flags: 2 } })
  expect(made).toBe(2)
  const broken = { ...thing, name: 'thing-v2', make: () => Promise.reject(new Error('no compiler')) }
  await expect(build(cache, broken)).rejects.toThrow('no compiler')
  expect((await readdir(cache.directory)).filter((name) => name.includes('v2'))).toEqual([])
})
