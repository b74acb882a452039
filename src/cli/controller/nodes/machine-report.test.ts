import { expect, test } from 'vitest'
import type { NodeView } from '../../../protocol/api/nodes.ts'
import { machineReport } from './machine-report.ts'

test.each([
  ['2026-01-01T00:01:30.000Z', ',2026-01-01T00:01:30.000Z,90,'],
  [null, ',,,'],
  [undefined, ',,,'],
])('joined at %s', (joinedAt, cells) => {
  const node = { name: 'node-1', roles: [], createdAt: '2026-01-01T00:00:00.000Z', joinedAt } as unknown as NodeView
  const others = { cluster: 'demo', state: 'READY', address: '', os: '', agentVersion: '', fingerprint: '', id: '' }
  expect(machineReport([{ ...others, ...node }])).toContain(`\r\n,node-1,demo,,READY,${node.createdAt}${cells}`)
})
