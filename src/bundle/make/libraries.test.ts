import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readElf } from './elf.ts'
import type { LayerEntry } from './image.ts'
import { addLibraries, programs } from './libraries.ts'

const arch = process.arch === 'arm64' ? 'arm64' : 'x64'
const other = arch === 'x64' ? 'arm64' : 'x64'
let scratch: string
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-libraries-'))
})
afterEach(() => rm(scratch, { recursive: true, force: true }))

/** What the loader itself says an executable loads, without the kernel's own vdso. */
function loaderSays(file: string): Set<string> {
  const lines = execFileSync('ldd', [file], { encoding: 'utf8' }).trim().split('\n')
  const names = lines.map((line) => basename(line.trim().split(' ')[0] ?? ''))
  return new Set(names.filter((name) => !name.startsWith('linux-vdso')))
}

test('an executable is packed with the libraries that the loader would load', async () => {
  const layer = new Map<string, LayerEntry>()
  await addLibraries({ root: '/', arch }, process.execPath, layer)
  expect(new Set([...layer.keys()].map((path) => basename(path)))).toEqual(loaderSays(process.execPath))
  for (const path of layer.keys()) expect(path).toMatch(/^\/usr\/lib/)
})

test('a program in /bin is placed in /usr/bin, and /bin becomes a link', async () => {
  const layer = await programs({ root: '/', arch }, ['/bin/cp'])
  expect(layer.get('/usr/bin/cp')).toMatchObject({ file: expect.stringMatching(/\/cp$/) })
  expect(layer.get('/bin')).toEqual({ target: 'usr/bin' })
})

test('a base system without the program, and an executable of another architecture, are named errors', async () => {
  await expect(programs({ root: scratch, arch }, ['/bin/cp'])).rejects.toMatchObject({ code: 'bundle/missing-library' })
  await expect(addLibraries({ root: '/', arch: other }, process.execPath, new Map())).rejects.toMatchObject({
    code: 'bundle/wrong-arch',
  })
})

test('a file that is not ELF has no libraries', async () => {
  expect(await readElf(import.meta.filename)).toBeUndefined()
})
