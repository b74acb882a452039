import { expect, test } from 'vitest'
import { buildReport, nodeReport, type PodObject, podReport } from './cluster-state.ts'

const ready = (status: string) => ({ conditions: [{ type: 'Ready', status }] })

test('a node is what its Ready condition says', () => {
  const metadata = { name: 'n1', uid: '1' }
  const nodeInfo = { kubeletVersion: 'v1.36.3' }
  expect(nodeReport({ metadata, status: { ...ready('True'), nodeInfo } })).toEqual({
    name: 'n1',
    ready: true,
    kubeletVersion: 'v1.36.3',
  })
  expect(nodeReport({ metadata, status: ready('Unknown') }).ready).toBe(false)
  expect(nodeReport({ metadata }).ready).toBe(false)
})

test.each([
  ['runs and is Ready', { ...ready('True'), phase: 'Running' }, true],
  ['runs and is not Ready', { ...ready('False'), phase: 'Running' }, false],
  ['ran to its end', { ...ready('False'), phase: 'Succeeded' }, true],
  ['failed', { ...ready('False'), phase: 'Failed' }, false],
  ['has no status yet', undefined, false],
])('a pod that %s', (_, status, expected) => {
  const pod: PodObject = { metadata: { name: 'p', namespace: 'x', uid: '1' }, ...(status && { status }) }
  expect(podReport(pod).ready).toBe(expected)
})

test('restarts are summed over containers, and a report stays within its limits', () => {
  const status = { phase: 'Running', containerStatuses: [{ restartCount: 2 }, { restartCount: 3 }] }
  const pod = podReport({ metadata: { name: 'p', namespace: 'x', uid: '1' }, spec: { nodeName: 'n1' }, status })
  expect(pod).toMatchObject({ node: 'n1', restarts: 5 })
  const report = buildReport(
    'v1.36.3',
    [],
    Array.from({ length: 20_001 }, () => pod),
    true,
  )
  expect(report.pods).toHaveLength(20_000)
})
