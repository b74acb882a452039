import { expect, test } from 'vitest'
import type { ImageView } from '../../../../protocol/images/routes.ts'
import { awaitNodes } from './await-nodes.ts'

const AT = '2026-01-01T00:00:00.000Z'
const view = (have: string[], more: Partial<ImageView> = {}): ImageView => ({
  ...{ name: 'r.example/a:1', archives: [], pinned: true, addedAt: AT, addedBy: 'alice' },
  ...{ nodes: { have, wanted: 2 }, problems: [], ...more },
})
const error = { code: 'images/node-full', message: 'found 1 MiB', fix: 'make room' }

function waited(answers: ImageView[][]): Promise<ImageView[]> {
  let nowMs = 0
  const advance = (ms: number) => {
    nowMs += ms
  }
  const clock = { now: () => new Date(nowMs), sleep: async (ms: number) => advance(ms) }
  const client = { ask: async () => ({ images: answers.length > 1 ? answers.shift() : answers[0] }) }
  const given = { policy: { firstMs: 500, withinMs: 5_000 }, clock }
  return awaitNodes(client as never, 'demo', [view([])], given)
}

test('waits until all nodes have the image', async () => {
  expect(await waited([[view([])], [view(['a'])], [view(['a', 'b'])]])).toEqual([view(['a', 'b'])])
})

test('one that was removed or replaced meanwhile is not waited for', async () => {
  expect(await waited([[view([])], []])).toEqual([])
  expect(await waited([[view([], { addedAt: '2026-01-02T00:00:00.000Z' })]])).toEqual([])
})

test('tells the problem of a node, and which image is not on all', async () => {
  await expect(waited([[view(['a'], { problems: [{ node: 'b', error }] })]])).rejects.toMatchObject({
    ...{ code: 'images/node-full', message: 'r.example/a:1 is not on b: found 1 MiB', fix: 'make room' },
  })
  await expect(waited([[view(['a'])]])).rejects.toMatchObject({
    ...{ code: 'images/not-on-all', message: 'not all nodes have r.example/a:1 (1 of 2)' },
  })
})
