import { expect, test } from 'vitest'
import { cluster } from '../../../test/support/controller/member.ts'
import type { ImageArchive } from '../../protocol/wire/lists/images.ts'
import type { ClusterImage } from '../domain/records.ts'
import { openMissingImages } from './fetch-missing.ts'

const [A, B] = ['a'.repeat(64), 'b'.repeat(64)] as const
const archive = (sha256: string): ImageArchive => ({ digest: `sha256:${sha256}`, sha256, size: 10 })
const image = (name: string, x64: string): ClusterImage => ({
  ...{ name, archives: { x64: archive(x64) }, pinned: true, addedAt: '2026-01-01T00:00:00.000Z', addedBy: 'alice' },
})
const OTHERS = ['https://one', 'https://two'].map((url) => ({ id: url, urls: [url], version: '1', bundles: [] }))

function scene(has: string[], fails: (url: string, sha256: string) => boolean) {
  const asked: string[] = []
  const state = { nowMs: Date.parse('2026-01-01T00:00:00Z') }
  const ports = {
    images: {
      archives: { has: async (sha256: string) => has.includes(sha256), inTurn: (work: () => unknown) => work() },
    },
    store: { clusters: async () => [cluster({ images: [image('r.example/a:1', A), image('r.example/b:1', B)] })] },
    log: () => undefined,
    now: () => new Date(state.nowMs),
  }
  const fetch = async (_: unknown, { url, sha256 }: { url: string; sha256: string }) => {
    asked.push(`${sha256[0]} from ${url}`)
    if (fails(url, sha256)) throw new Error('status 404')
    has.push(sha256)
  }
  return { asked, state, look: openMissingImages(ports as never, '/admin.json', fetch as never) }
}

test('what is missing is fetched from the first controller that has it, once', async () => {
  const { asked, look } = scene([A], (url) => url.endsWith('one'))
  await look(OTHERS)
  await look(OTHERS)
  expect(asked).toEqual(['b from https://one', 'b from https://two'])
})

test('what nobody has is asked for again after growing pauses', async () => {
  const { asked, state, look } = scene([A], () => true)
  for (const seconds of [0, 9, 10, 29, 30]) {
    state.nowMs = Date.parse('2026-01-01T00:00:00Z') + seconds * 1_000
    await look(OTHERS.slice(0, 1))
  }
  expect(asked).toHaveLength(3)
  await look([])
  expect(asked).toHaveLength(3)
})
