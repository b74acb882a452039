import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ImageArchives, openArchives } from './archives.ts'

const SHA256 = 'a'.repeat(64)
const LATER = () => new Date(Date.now() + 2 * 3_600_000)

let directory: string
let archives: ImageArchives
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'archives-'))
  mkdirSync(join(directory, 'bundles'))
  archives = openArchives(directory)
})
afterEach(() => rmSync(directory, { recursive: true }))

const file = (name: string) => join(directory, 'bundles', name)
const left = () => readdirSync(join(directory, 'bundles')).sort()

test('an archive is taken over although an earlier attempt was interrupted while it was compressed', async () => {
  writeFileSync(file('upload-peer-x'), 'x'.repeat(10_000))
  writeFileSync(file('upload-peer-x.zst'), 'unfinished')
  expect(await archives.publish(file('upload-peer-x'), SHA256, 10_000)).toBe(true)
  expect(left()).toEqual([`${SHA256}.tar`, `zst-${SHA256}.tar`])
})

test('what is needed is asked when it is the turn of the sweep', async () => {
  writeFileSync(file(`${SHA256}.tar`), 'x')
  const needed = new Set<string>()
  const added = Promise.withResolvers<void>()
  const work = archives.inTurn(() => added.promise)
  const swept = archives.sweep(async () => needed, LATER())
  needed.add(SHA256)
  added.resolve()
  await Promise.all([work, swept])
  expect(left()).toEqual([`${SHA256}.tar`])
  await archives.sweep(async () => new Set(), LATER())
  expect(left()).toEqual([])
})

test('what was published is discarded with its copy', async () => {
  writeFileSync(file('upload-x'), 'x'.repeat(10_000))
  await archives.publish(file('upload-x'), SHA256, 10_000)
  await archives.discard(SHA256)
  expect(left()).toEqual([])
})
