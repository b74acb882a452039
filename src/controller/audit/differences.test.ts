import { expect, test } from 'vitest'
import { cluster } from '../../../test/support/controller/member.ts'
import type { NodeRule } from '../../protocol/declaration/rule.ts'
import type { AgentUpdate } from '../domain/agent-update/record.ts'
import { differencesFrom } from './differences.ts'

const rulesFor = (count: number, prefix: string) => {
  const nodes = Array.from(
    { length: count },
    (_, at): NodeRule => ({ match: { hostname: `${prefix}-${at}` }, roles: ['worker'] }),
  )
  return { provision: 'manually' as const, nodes }
}
const changed = (from: number, to: number, prefix = 'n') => {
  const before = cluster({ rules: rulesFor(from, 'n') })
  const change = { change: 'set-cluster', id: before.id, to: { rules: rulesFor(to, prefix) } } as const
  return differencesFrom(() => before, [change])
}

test('a short value is recorded as it is', () => {
  expect(changed(1, 2)[0]?.fields).toEqual({ rules: { before: rulesFor(1, 'n'), after: rulesFor(2, 'n') } })
})

test('a long value is recorded by its ends, its size and its hash, and different ones are different', () => {
  const [found] = changed(1_000, 1_000, 'm')
  expect(JSON.stringify(found).length).toBeLessThan(4_096)
  const { before, after } = found?.fields.rules ?? {}
  expect(before).toMatch(/^\{"provision":"manually".* \(\d{5} bytes, SHA-256 [0-9a-f]{64}\)$/)
  expect(after).not.toBe(before)
  expect(changed(1_000, 1_000)).toEqual([])
})

test('an update of agents that is cancelled is recorded; how far its nodes are is not', () => {
  const nodes: AgentUpdate['nodes'] = ['n-1', 'n-2'].map((nodeId) => ({ nodeId, state: 'due', error: null }))
  const update: AgentUpdate = {
    ...{ version: '2.0.0', files: {}, canary: 1, maxUnavailable: 1, paused: false, attempt: 1, nodes },
    ...{ startedAt: '2026-06-01T12:00:00.000Z', startedBy: 'alice' },
  }
  const before = cluster({ agentUpdate: update })
  const fieldsAfter = (after: Partial<AgentUpdate>) => {
    const to = { agentUpdate: { ...update, ...after } }
    return differencesFrom(() => before, [{ change: 'set-cluster', id: before.id, to }])[0]?.fields
  }
  expect(fieldsAfter({ nodes: nodes.map((node) => ({ ...node, state: 'done' })) })).toBeUndefined()
  const view = { version: '2.0.0', paused: false, attempt: 1 }
  expect(fieldsAfter({ cancelled: true })).toEqual({
    agentUpdate: { before: view, after: { ...view, cancelled: true } },
  })
})
