import { generateKeyPairSync } from 'node:crypto'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildRelease } from './build-release.ts'
import { importRelease, listReleases, removeRelease } from './releases.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const scratch = mkdtempSync(join(tmpdir(), 'releases-'))
const data = join(scratch, 'data')
let number = 0

afterAll(() => rmSync(scratch, { recursive: true }))
beforeAll(() => writeFileSync(join(scratch, 'text'), 'no executable'))

/** This program is an executable for this machine. */
async function release(version: string): Promise<string> {
  const output = join(scratch, `release-${++number}`)
  const now = new Date(Date.UTC(2026, 0, number))
  await buildRelease({ executables: [process.execPath], version, own: '1.0.0', output, key: privateKey, now })
  return output
}

const verdict = (work: Promise<unknown>) => work.then(String, ({ code }) => code)

test('a release is imported, listed with the newest first, and removed', async () => {
  const first = await importRelease(await release('1.0.0'), data, publicKey)
  const second = await importRelease(await release('1.1.0'), data, publicKey)
  expect(await listReleases(data)).toEqual([second, first])
  expect(second.files).toMatchObject([{ arch: process.arch, size: expect.any(Number) }])
  await removeRelease('1.0.0', data)
  await removeRelease(second.id.slice(0, 12), data)
  expect(await listReleases(data)).toEqual([])
  expect(await verdict(removeRelease('1.0.0', data))).toBe('bundle/unknown')
})

test('a release that was changed, or signed with another key, is refused and leaves nothing', async () => {
  const own = await release('1.2.0')
  const { publicKey: other } = generateKeyPairSync('ed25519')
  expect(await verdict(importRelease(own, data, other))).toBe('bundle/bad-signature')
  appendFileSync(join(own, `agent-linux-${process.arch}`), 'x')
  expect(await verdict(importRelease(own, data, publicKey))).toBe('bundle/wrong-hash')
  appendFileSync(join(own, 'agents.json'), ' ')
  expect(await verdict(importRelease(own, data, publicKey))).toBe('bundle/bad-signature')
  expect(await verdict(importRelease(join(scratch, 'none'), data, publicKey))).toBe('bundle/missing-file')
  expect(await listReleases(data)).toEqual([])
})

test('only executables become a release', async () => {
  const executables = [join(scratch, 'text')]
  const options = { own: '1.0.0', output: join(scratch, 'bad'), key: privateKey, now: new Date() }
  expect(await verdict(buildRelease({ ...options, executables }))).toBe('bundle/bad-agent')
})
