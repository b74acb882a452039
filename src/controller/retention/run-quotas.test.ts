import { expect, test } from 'vitest'
import type { RunEvent } from '../../protocol/wire/event.ts'
import { openRunQuotas } from './run-quotas.ts'

const EVENT: RunEvent = { kind: 'step-done', at: '2026-01-01T00:00:00Z', step: 'a/b', ms: 1 } as RunEvent

test('what a run has used is known also while many others report', async () => {
  const most = { events: 1, bytes: 1e6 }
  const totals = (runId: string) => ({ events: runId === 'full' ? 2 : 0, bytes: 0 })
  const quotas = openRunQuotas({ eventTotals: async (runId) => totals(runId) }, most)
  for (let each = 0; each < 5_000; each++) await quotas.load([`run-${each}`])
  await quotas.load(['full'])
  await quotas.load(['another'])
  expect([quotas.take('full', EVENT), quotas.take('another', EVENT)]).toEqual([false, true])
})
