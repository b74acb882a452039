import { expect, it } from 'vitest'
import { AgentError } from '../../../base/agent-error.ts'
import { eventRoutes, type LogEntry } from '../../../protocol/api/events.ts'
import type { AdminClient } from '../session/client.ts'
import { type Followed, followEvents } from './follow-events.ts'

const entry = (seq: number): LogEntry => ({
  ...{ seq, at: '', cluster: 'demo', node: null, run: null },
  event: { kind: 'cluster-state', at: '', state: 'READY' },
})
const away = new AgentError('controller/unreachable', 'cannot reach the controller', { fix: 'f', kind: 'unreachable' })

/** Each connection sends these events, then fails with the error, if it has one. `undefined` in them: it stays open. */
function scripted(...connections: (number | Error | undefined)[][]) {
  const asked: number[] = []
  const client = {
    async *events(
      _: unknown,
      { after }: { after: number },
      { onOpen, signal }: { onOpen(): void; signal?: AbortSignal },
    ) {
      asked.push(after)
      const script = connections.shift() ?? []
      if (!(script[0] instanceof Error)) onOpen()
      for (const each of script) {
        if (each instanceof Error) throw each
        if (each !== undefined) yield { id: each, value: entry(each) }
        else await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))))
      }
    },
  } as unknown as Pick<AdminClient, 'events'>
  const notes: string[] = []
  const options = { note: (line: string) => notes.push(line), pauseMs: 1, awayMs: 50 }
  return { asked, notes, events: followEvents(client, eventRoutes.listEvents, { after: 4 }, options) }
}
async function first(count: number, events: Followed<LogEntry>): Promise<number[]> {
  const found: number[] = []
  while (found.length < count) found.push(...(await events.next()).map(({ seq }) => seq))
  return found
}

it('resumes after the last event, and says that it was interrupted and that it goes on', async () => {
  const { asked, notes, events } = scripted([5, 6, away], [away], [7, undefined])
  expect(await first(3, events)).toEqual([5, 6, 7])
  expect(asked).toEqual([4, 6, 6])
  expect(notes).toEqual([
    '[!] Interrupted: cannot reach the controller; connecting again for up to 0.05 s',
    '[+] Connected again: the events continue where they were interrupted',
  ])
  events.close()
})

it('continues when the controller ends a stream, as at its stop', async () => {
  const { asked, events } = scripted([5], [6, undefined])
  expect(await first(2, events)).toEqual([5, 6])
  expect(asked).toEqual([4, 5])
  events.close()
})

it('gives up when the controller is away for too long', async () => {
  const { events } = scripted(...Array.from({ length: 1_000 }, () => [away]))
  await expect(events.next()).rejects.toBe(away)
})

it('ends with what the controller refuses', async () => {
  const refused = new AgentError('access/denied', 'no', { fix: 'f', kind: 'refused' })
  await expect(scripted([5, refused]).events.next()).rejects.toBe(refused)
})

it('returns nothing when no event comes in time, and loses none', async () => {
  const { events } = scripted([undefined])
  expect(await events.next(5)).toEqual([])
  events.close()
})

it('rejects once it is closed, so that nobody asks again and again', async () => {
  const { events } = scripted([undefined])
  const waiting = events.next()
  events.close()
  await expect(waiting).rejects.toThrow('closed')
  await expect(events.next()).rejects.toThrow('closed')
})
