import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fakeHost } from '../../../../test/support/fake-host.ts'
import type { EngineEvent } from '../../../engine/event.ts'
import type { PieceList } from '../../../protocol/api/delivery/pieces.ts'
import { openPeers, putPart } from './peers.ts'
import { discardPieces } from './pieces-directory.ts'

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'peers-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}

test.each([
  ['identity', 'kubelet.part'],
  ['zstd', 'kubelet.zst.part'],
] as const)(
  'the undo of a part (%s) and of its directories is recorded before they are made',
  async (encoding, name) => {
    const path = join(temporary(), 'deep/bin/kubelet')
    const part = join(dirname(path), name)
    const recorded: unknown[] = []
    const host = {
      async makeDirectory(made: string) {
        recorded.push([made, existsSync(made)])
        await mkdir(made, { recursive: true })
      },
      async expect(undo: object) {
        recorded.push([undo, existsSync(part)])
      },
    }
    const store = {
      encodingOf: () => encoding,
      prefixBytes: () => 2,
      prefix: async function* () {
        yield Buffer.from('ab')
      },
    }
    await putPart(host, store, { path: 'bin/kubelet' }, path)
    expect(recorded).toEqual([
      [dirname(path), false],
      [{ kind: 'remove-path', path: part }, false],
    ])
    expect(readFileSync(part, 'utf8')).toBe('ab')
  },
)

const PIECES: PieceList = {
  ...{ id: 'a'.repeat(64), pieceBytes: 10 },
  files: (['identity', 'zstd', 'identity'] as const).map((encoding, at) => ({
    ...{ path: String(at), encoding, size: 1, sha256: ['s'] },
  })),
}

/** Pieces of three files of a bundle, and those of another bundle. */
function withPieces() {
  const bundles = temporary()
  const [own, other] = [join(bundles, 'own'), join(bundles, 'other')]
  mkdirSync(join(own, 'pieces', PIECES.id), { recursive: true })
  mkdirSync(join(other, 'pieces', 'list'), { recursive: true })
  writeFileSync(join(other, 'manifest.json'), '')
  for (const name of ['0', '1', '2']) writeFileSync(join(own, 'pieces', PIECES.id, name), '')
  return { own, other, kept: () => readdirSync(join(own, 'pieces', PIECES.id)) }
}

test('after a run the pieces that nothing else has stay, those of other bundles go', async () => {
  const { own, other, kept } = withPieces()
  await discardPieces(own, PIECES, async ({ encoding }) => encoding === 'zstd')
  expect(kept()).toEqual(['1'])
  expect(readdirSync(other)).toEqual(['manifest.json'])
})

test.each([
  ['nothing of them is kept', PIECES],
  ['no list of pieces is known', undefined],
])('no directory of pieces stays if %s', async (_, list) => {
  const { own } = withPieces()
  await discardPieces(own, list, async () => false)
  expect(readdirSync(own)).toEqual([])
})

test('pieces that cannot be removed are named, and fail no run', async () => {
  const file = join(temporary(), 'file')
  writeFileSync(file, '')
  const events: EngineEvent[] = []
  let ms = 0
  const now = () => {
    ms += 5_000
    return new Date(ms)
  }
  const clock = { now, sleep: async () => undefined }
  const peers = openPeers({
    ...{ urls: ['https://127.0.0.1:1'], tls: { ca: '', cert: '', key: '' }, directory: file, address: '127.0.0.1' },
    ref: { name: 'b', manifestSha256: '0'.repeat(64), publicKey: 'k' },
    knowledge: { instructionKeys: () => [], nodeId: 'n-aaaaaaaaaa' },
    ...{
      host: Object.assign(fakeHost(), clock),
      emit: (event) => events.push(event),
      signal: new AbortController().signal,
    },
  })
  const kubelet = { path: 'bin/kubelet', name: 'kubelet', version: 'v1', size: 1, sha256: '', role: 'binary' } as const
  await peers.fetch(kubelet, '/nowhere/bin/kubelet')
  await peers.discard()
  await peers.close()
  const message = expect.stringMatching(/^the pieces in .*file\/pieces stay: .*/)
  expect(events).toContainEqual(expect.objectContaining({ level: 'warn', message }))
})
