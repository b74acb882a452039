import { expect, it, vi } from 'vitest'
import type { OpenSession, Shared } from '../store/shared.ts'
import { openSessions } from './sessions.ts'

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
