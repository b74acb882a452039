import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fakeHost } from '../../../../test/support/fake-host.ts'
import type { EngineEvent } from '../../../engine/event.ts'
import { openPeers, putPart } from './peers.ts'

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

test('pieces that cannot be removed are named, and fail no run', async () => {
  const file = join(temporary(), 'file')
  writeFileSync(file, '')
  const events: EngineEvent[] = []
  const peers = openPeers({
    ...{ urls: ['https://127.0.0.1:1'], tls: { ca: '', cert: '', key: '' }, directory: file, address: '127.0.0.1' },
    ref: { name: 'b', manifestSha256: '0'.repeat(64), publicKey: 'k' },
    knowledge: { instructionKeys: () => [], nodeId: 'n-aaaaaaaaaa' },
    ...{ host: fakeHost(), emit: (event) => events.push(event), signal: new AbortController().signal },
  })
  await peers.discard()
  await peers.close()
  expect(events).toEqual([
    expect.objectContaining({
      level: 'warn',
      message: expect.stringMatching(/^the pieces in .*file\/pieces stay: .*/),
    }),
  ])
})
