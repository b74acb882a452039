import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { importSmallBundle } from '../../../test/support/controller/bundle.ts'
import { deletedBundles } from '../../bundle/deleted.ts'
import { deletedDirectory, importBundle, listBundles, type StoredBundle } from '../../bundle/import.ts'
import { decodePublicKey } from '../../bundle/keys.ts'
import { BundleShelf } from './bundle-shelf.ts'

let directory: string
let bundle: StoredBundle
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'delete-'))
  bundle = await importSmallBundle(directory, Buffer.from('kubelet'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const log = () => undefined
const killed = new Error('killed')

it('removes the files, and remembers that it was deleted until it is imported again', async () => {
  const copy = mkdtempSync(join(tmpdir(), 'copy-'))
  cpSync(bundle.directory, copy, { recursive: true })
  await new BundleShelf(directory, log).delete(bundle.manifestSha256)
  expect(readdirSync(join(directory, 'bundles'))).toEqual([`deleted-${bundle.manifestSha256}`])
  expect(readdirSync(deletedDirectory(directory, bundle.manifestSha256))).toEqual([])
  expect(await deletedBundles(directory)).toEqual([bundle.manifestSha256])
  await importBundle(copy, directory, decodePublicKey(bundle.publicKey), new Date())
  rmSync(copy, { recursive: true })
  expect(await deletedBundles(directory)).toEqual([])
  expect((await listBundles(directory)).bundles).toHaveLength(1)
})

it('killed between the two steps: the bundle is gone as a whole, and the next start removes its files', async () => {
  const shelf = new BundleShelf(directory, log, listBundles, () => Promise.reject(killed))
  await shelf.refresh()
  await expect(shelf.delete(bundle.manifestSha256)).rejects.toBe(killed)
  expect(shelf.names()).toEqual([])
  expect(await listBundles(directory)).toEqual({ bundles: [], damaged: [] })
  const left = deletedDirectory(directory, bundle.manifestSha256)
  expect(existsSync(join(left, 'bin/kubelet'))).toBe(true)
  await new BundleShelf(directory, log).completeDeletions()
  expect(readdirSync(left)).toEqual([])
  expect(existsSync(`${bundle.directory}.pub`)).toBe(false)
})

it('logs that files cannot be removed at a start, and goes on', async () => {
  const lines: string[] = []
  const shelf = new BundleShelf(
    directory,
    (line) => lines.push(line),
    listBundles,
    () => Promise.reject(killed),
  )
  await shelf.completeDeletions()
  expect(lines).toEqual(['cannot remove the files of deleted bundles: killed'])
})
