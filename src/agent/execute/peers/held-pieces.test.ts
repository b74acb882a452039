import { createHash } from 'node:crypto'
import {
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { imageOf, putBlobs } from '../../../../test/support/peers/image.ts'
import type { BundleFile } from '../../../bundle/format.ts'
import { linuxMachine } from '../../../host/linux/linux-machine.ts'
import { recordingHost } from '../../../host/recording.ts'
import type { PieceList } from '../../../protocol/api/delivery/pieces.ts'
import { keepLayout } from './archive-layout.ts'
import { openHeldPieces } from './held-pieces.ts'
import { openKeptPieces, openPieceStore } from './piece-store.ts'

const NAME = 'registry.example/some:v1'
const PIECE = 10_000
const sum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

function listOf(path: string, content: Buffer, encoding: 'identity' | 'zstd' = 'identity'): PieceList {
  const pieces = Array.from({ length: Math.ceil(content.length / PIECE) }, (_, at) =>
    content.subarray(at * PIECE, (at + 1) * PIECE),
  )
  const files = [{ path, encoding, size: content.length, sha256: pieces.map(sum) }]
  return { id: 'a'.repeat(64), pieceBytes: PIECE, files }
}

/** A node that has imported an image, and has only what containerd keeps of it. */
async function imported(archive: Buffer) {
  const directory = mkdtempSync(join(tmpdir(), 'held-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const blobs = join(directory, 'blobs')
  mkdirSync(blobs)
  putBlobs(archive, blobs)
  const file: BundleFile = {
    ...{ path: 'images/some.tar', name: NAME, version: 'v1', role: 'image' },
    ...{ size: archive.length, sha256: sum(archive) },
  }
  const path = join(directory, 'some.tar')
  writeFileSync(path, archive)
  const recorded: string[] = []
  const record = async ({ what }: { what: string }) => void recorded.push(what)
  const host = recordingHost({ machine: linuxMachine(), record, backupDirectory: join(directory, 'backups') })
  const bundle = join(directory, 'bundle')
  await keepLayout(host, bundle, file, path)
  rmSync(path)
  const open = (list: PieceList, files: readonly BundleFile[] = [file]) =>
    openHeldPieces(list, { view: host, manifest: { files: [...files] }, directory: bundle, blobs })
  return { open, file, blobs, recorded, bundle }
}

test('an imported image is made out of its blobs again, byte by byte', async () => {
  const archive = await imageOf(NAME, 100_000)
  const { open, file, recorded, bundle } = await imported(archive)
  const held = await open(listOf(file.path, archive))
  const all = listOf(file.path, archive).files[0]?.sha256 ?? []
  expect(held?.held()).toEqual([...all.keys()])
  expect(held?.bytes).toBe(archive.length)
  const read = await Promise.all([...all.keys()].map((piece) => held?.read(piece)))
  expect(Buffer.concat(read.map((bytes) => bytes ?? Buffer.alloc(0))).equals(archive)).toBe(true)
  expect(await held?.read(all.length)).toBeUndefined()
  // The undo of what it keeps for this is recorded, and it is small.
  const layout = join(bundle, 'layouts/images/some.tar.json')
  expect(recorded).toContain(layout)
  expect(readFileSync(layout).length).toBeLessThan(20_000)
})

test('nothing is handed on that the manifest of the bundle does not name, or names otherwise', async () => {
  const archive = await imageOf(NAME, 100_000)
  const { open, file } = await imported(archive)
  expect(await open(listOf(file.path, archive), [])).toBeUndefined()
  expect(await open(listOf(file.path, archive), [{ ...file, sha256: '0'.repeat(64) }])).toBeUndefined()
  expect(await open(listOf('images/other.tar', archive))).toBeUndefined()
  expect(await open(listOf(file.path, archive, 'zstd'))).toBeUndefined()
})

test('kept pieces are opened to read only: the file system can be read-only', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kept-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const content = Buffer.alloc(2 * PIECE, 'program')
  const list = listOf('bin/some', content)
  const writing = await openPieceStore(directory, list)
  await writing.write(0, content.subarray(0, PIECE))
  await writing.close()
  const kept = await openKeptPieces(directory, list)
  expect([kept.has(0), kept.has(1)]).toEqual([true, false])
  expect(await kept.read(0)).toEqual(content.subarray(0, PIECE))
  const file = join(realpathSync(directory), list.id, '0')
  const open = readdirSync('/proc/self/fd').filter((fd) => linkOf(`/proc/self/fd/${fd}`) === file)
  const flags = open.map((fd) => /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1])
  expect(flags.map((each) => Number.parseInt(each ?? '', 8) & (constants.O_WRONLY | constants.O_RDWR))).toEqual([0])
  await kept.close()
})

/** Undefined if the descriptor was closed meanwhile. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

test('a blob that is missing or damaged makes no wrong piece', async () => {
  const archive = await imageOf(NAME, 100_000)
  const { open, file, blobs } = await imported(archive)
  const held = await open(listOf(file.path, archive))
  const [layer] = putBlobs(archive, blobs).sort((a, b) => b.size - a.size)
  const path = join(blobs, String(layer?.sha256))
  const bytes = readFileSync(path)
  bytes.fill(0, 50_000, 50_010)
  writeFileSync(path, bytes)
  const read = await Promise.all((held?.held() ?? []).map(async (piece) => (await held?.read(piece)) !== undefined))
  expect(read.filter((isThere) => !isThere).length).toBe(1)
  rmSync(path)
  expect(await held?.read(5)).toBeUndefined()
  expect(await open(listOf(file.path, archive))).toBeUndefined()
})

test.each([
  ['an archive that is no tar', Buffer.alloc(2_048, 'x')],
  ['nothing', Buffer.alloc(0)],
  ['an end without blobs', Buffer.alloc(1_024)],
])('%s has no layout', async (_, archive) => {
  const { open, file, recorded } = await imported(archive)
  expect(recorded).toEqual([])
  expect(await open(listOf(file.path, archive))).toBeUndefined()
})

test('an archive that ends too early, or has much besides blobs, has no layout', async () => {
  const archive = await imageOf(NAME, 100_000)
  for (const length of [archive.length - 60_000, 700]) {
    expect((await imported(archive.subarray(0, length))).recorded).toEqual([])
  }
  const renamed = Buffer.from(archive.toString('latin1').replaceAll('blobs/sha256/', 'other/sha256/'), 'latin1')
  expect((await imported(renamed)).recorded).toEqual([])
})
