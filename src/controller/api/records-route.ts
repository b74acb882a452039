import { once } from 'node:events'
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { AgentError } from '../../base/agent-error.ts'
import { type Act, contentOf } from '../audit/act.ts'
import type { HasClock, HasMeter, HasStore } from '../ports.ts'
import type { Entry } from '../store/entries.ts'
import { whileAdmitted } from './while-admitted.ts'

/** Lines are collected to about so many bytes before they are sent. */
const AT_ONCE = 64 * 1024

/** Sends all records as of now, as long as the client is admitted. A snapshot takes space on the disk, or a connection to the database: one client at a time. */
export function createRecordsRoute({
  store,
  meter,
  now,
}: HasStore & HasMeter & Pick<HasClock, 'now'>): (
  reply: FastifyReply,
  admitted: () => Promise<void>,
  act: Act,
) => Promise<FastifyReply> {
  let isBusy = false
  return async (reply, admitted, act) => {
    if (isBusy) {
      throw new AgentError('backup/busy', 'another backup is being made', {
        fix: 'wait until it has ended, and run the same command again',
        kind: 'refused',
      })
    }
    isBusy = true
    const end = () => {
      isBusy = false
    }
    try {
      const content = contentOf(act, { at: now().toISOString(), outcome: 'done' })
      await store.commit([{ change: 'add-audit-entry', content }])
      const entries = store.snapshot()
      // An error of the store is answered with its status: nothing was sent yet.
      const first = await entries.next()
      const lines = Readable.from(
        linesOf(first, entries, () => meter.backup(now())),
        { objectMode: false },
      )
      const closed = once(lines, 'close').finally(end)
      void whileAdmitted(
        admitted,
        () => reply.raw.destroy(),
        async () => void (await closed),
      ).catch(() => undefined)
      return reply.header('content-type', 'application/x-ndjson').send(lines)
    } catch (error) {
      end()
      throw error
    }
  }
}

async function* linesOf(
  first: IteratorResult<Entry, unknown>,
  entries: AsyncGenerator<Entry>,
  onEnd: () => void,
): AsyncGenerator<Buffer> {
  try {
    let text = first.done ? '' : line(first.value)
    for await (const entry of entries) {
      if (text.length >= AT_ONCE) {
        yield Buffer.from(text)
        text = ''
      }
      text += line(entry)
    }
    yield Buffer.from(text)
    onEnd()
  } finally {
    await entries.return(undefined)
  }
}

const line = (entry: Entry) => `${JSON.stringify(entry)}\n`
