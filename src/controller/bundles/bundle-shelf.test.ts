import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { importSmallBundle } from '../../../test/support/controller/bundle.ts'
import { listBundles } from '../../bundle/import.ts'
import { BundleShelf } from './bundle-shelf.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'shelf-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

it('finds a bundle that was imported meanwhile, and reads the bundles for no other hash', async () => {
  let reads = 0
  const list: typeof listBundles = (of) => {
    reads++
    return listBundles(of)
  }
  const shelf = new BundleShelf(directory, () => undefined, list)
  for (let each = 0; each < 50; each++) expect(await shelf.find(String(each).padStart(64, '0'))).toBeUndefined()
  const { manifestSha256 } = await importSmallBundle(directory, Buffer.from('kubelet'))
  expect(reads).toBe(0)
  expect(await shelf.find(manifestSha256)).toMatchObject({ manifestSha256 })
  await shelf.find(manifestSha256)
  await shelf.find('f'.repeat(64))
  expect(reads).toBe(1)
})
