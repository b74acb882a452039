import { expect, test } from 'vitest'
import type { LogEntry } from '../../../protocol/api/events.ts'
import { touchedBy } from './touched.ts'

const NODE = { id: 'n-abcdefghij', name: 'm1' }
const entry = (event: LogEntry['event'], node: LogEntry['node'] = NODE): LogEntry => ({
  ...{ seq: 1, at: '2026-01-01T00:00:00.000Z', cluster: 'demo', run: null, node, event },
})
const at = '2026-01-01T00:00:00.000Z'

test('a log line changes no view, progress that of its node, and a state that of its cluster too', () => {
  expect(touchedBy(entry({ kind: 'log', at, level: 'info', message: 'x' }))).toBeUndefined()
  expect(touchedBy(entry({ kind: 'step-progress', at, step: 's', done: 1, of: 2, unit: 'bytes' }))).toEqual({
    node: NODE.id,
    cluster: false,
  })
  expect(touchedBy(entry({ kind: 'node-state', at, state: 'READY' }))).toEqual({ node: NODE.id, cluster: true })
  expect(touchedBy(entry({ kind: 'cluster-state', at, state: 'READY' }, null))).toEqual({ cluster: true })
})
