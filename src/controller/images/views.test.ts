import { expect, test } from 'vitest'
import { facts } from '../../../test/support/controller/agent.ts'
import { cluster, node } from '../../../test/support/controller/member.ts'
import type { ClusterData } from '../domain/draft.ts'
import type { ClusterImage } from '../domain/records.ts'
import { imageViews } from './views.ts'

const NAME = 'registry.example/team/tool:v1'
const digest = `sha256:${'0'.repeat(64)}`
const [EARLIER, NOW] = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z']
const archives = { x64: { digest, sha256: '1'.repeat(64), size: 1 } }
const image: ClusterImage = { name: NAME, archives, pinned: false, addedAt: NOW, addedBy: 'alice' }

test.each([
  ['the earlier time that it was added', EARLIER, []],
  ['this time', NOW, ['one']],
])('what a node said about %s', (_, addedAt, have) => {
  const found = node({ state: 'READY' })
  const said = { ...facts, addedImages: [{ name: NAME, digest, addedAt }] }
  const data = { cluster: cluster({ images: [image] }), nodes: [{ ...found, facts: said }] } as unknown as ClusterData
  expect(imageViews(data)[0]?.nodes).toEqual({ have, wanted: 1 })
})
