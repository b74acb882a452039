import { expect, it, vi } from 'vitest'
import type { OpenSession, Shared } from '../store/shared.ts'
import { openSessions } from './sessions.ts'

it('after a pause, a session that began elsewhere meanwhile is not replaced by the one that is left here', async () => {
  const stored = new Map<string, number>()
  let last = 0
  let isElsewhere = false
  const open = async (sessions: readonly OpenSession[]) =>
    sessions.map(({ nodeId }) => {
      stored.set(nodeId, ++last)
      return last
    })
  const found = async () => (isElsewhere ? [{ nodeId: 'n-1', number: 9, controller: 'c-2', capabilities: [] }] : [])
  const replaced: string[] = []
  const sessions = openSessions({
    shared: { open, sessions: found, close: async () => undefined } as unknown as Shared,
    replaced: (node) => void replaced.push(node),
    ...{ changed: () => undefined, log: () => undefined },
  })
  for (const nodeId of ['n-1', 'n-2']) sessions.opened({ nodeId, capabilities: [] })
  await vi.waitFor(() => expect(stored.size).toBe(2))
  stored.clear()
  isElsewhere = true
  await sessions.read()
  expect(replaced).toEqual(['n-1'])
  expect([...stored.keys()], 'n-2 has no other session').toEqual(['n-2'])
})

it('a session that could not be recorded is recorded with the next heartbeat', async () => {
  const recorded: string[] = []
  let isDown = true
  const open = async (sessions: readonly OpenSession[]) => {
    if (isDown) throw new Error('the connection was lost')
    recorded.push(...sessions.map(({ nodeId }) => nodeId))
    return sessions.map((_, at) => at + 1)
  }
  const lines: string[] = []
  const shared = { open, sessions: async () => [], close: async () => undefined } as unknown as Shared
  const sessions = openSessions({
    ...{ shared, replaced: () => undefined, changed: () => undefined },
    log: (line) => void lines.push(line),
  })
  sessions.opened({ nodeId: 'n-1', capabilities: [] })
  await vi.waitFor(() => expect(lines).toEqual(['sessions of nodes could not be shared: the connection was lost']))
  isDown = false
  sessions.recordMissing()
  await vi.waitFor(() => expect(recorded).toEqual(['n-1']))
  sessions.recordMissing()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(recorded).toEqual(['n-1'])
})
