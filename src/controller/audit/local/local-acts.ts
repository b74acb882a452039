import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { AgentError } from '../../../base/agent-error.ts'
import { readIfThere, writeDurably } from '../../../base/durable-file.ts'
import { AuditChange, type AuditContent } from '../../../protocol/audit/entry.ts'
import { newId } from '../../domain/ids.ts'
import type { HasAnnouncements, HasClock, HasLog, HasStore } from '../../ports.ts'
import { contentOf } from '../act.ts'
import { AUDIT_TOPIC } from '../recorded.ts'
import { isRecorded } from './is-recorded.ts'

/** In the data directory, and in no backup. */
export const NOTES = 'audit-notes'

const Note = z.object({
  /** Of this note: an entry has it as its request, so that none is recorded twice. */
  id: z.string(),
  at: z.string(),
  by: z.object({ name: z.string(), uid: z.string() }),
  action: z.string(),
  reason: z.string(),
  outcome: z.enum(['begun', 'done', 'failed']),
  code: z.nullable(z.string()),
  changes: z.array(AuditChange),
})
type Note = z.infer<typeof Note>

/** What a command does to the files of a controller, on its machine. */
export interface LocalAct<T> extends Pick<Note, 'action' | 'reason' | 'by'> {
  work(): T | Promise<T>
  changes(result: T): AuditChange[]
}

/**
 * Does something to the files of a controller, with a note before it and one after it: the controller that runs there, or its next
 * start, records them. The store may be in use, or a database that only the controller can reach.
 */
export async function noteLocalAct<T>(dataDirectory: string, act: LocalAct<T>, now: () => Date): Promise<T> {
  const { action, reason, by } = act
  const note = (rest: Pick<Note, 'outcome' | 'code' | 'changes'>) => {
    // Only the act itself may create a controller's data.
    if (!existsSync(dataDirectory)) return
    const directory = join(dataDirectory, NOTES)
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const at = now().toISOString()
    const id = newId('a')
    const path = join(directory, `${at}-${rest.outcome === 'begun' ? 0 : 1}-${id}.json`)
    writeDurably(path, `${JSON.stringify({ id, at, by, action, reason, ...rest } satisfies Note)}\n`)
  }
  note({ outcome: 'begun', code: null, changes: [] })
  const result = await attempt(
    () => act.work(),
    (code) => note({ outcome: 'failed', code, changes: [] }),
  )
  note({ outcome: 'done', code: null, changes: act.changes(result) })
  return result
}

async function attempt<T>(work: () => T | Promise<T>, onFailed: (code: string) => void): Promise<T> {
  try {
    return await work()
  } catch (error) {
    onFailed(error instanceof AgentError ? error.code : 'bug')
    throw error
  }
}

type Ports = HasStore & HasAnnouncements & HasLog & Pick<HasClock, 'now'>

/** Makes entries of the notes, in their order. */
export async function recordLocalActs(ports: Ports, dataDirectory: string): Promise<void> {
  for (const name of notesIn(join(dataDirectory, NOTES))) {
    const path = join(dataDirectory, NOTES, name)
    const note = readNote(path)
    if (note === 'not yet') return
    if (note) await record(ports, note)
    else ports.log(`${path} is no note of a command, and is removed`, { level: 'warning' })
    rmSync(path, { force: true })
  }
}

function notesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.json'))
      .sort()
  } catch (error) {
    if (isOfRoot(error) || (error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Undefined: it is not what a command wrote. */
function readNote(path: string): Note | 'not yet' | undefined {
  try {
    return Note.safeParse(JSON.parse(readIfThere(path) ?? '')).data
  } catch (error) {
    if (isOfRoot(error)) return 'not yet'
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Root gives its files to the user of the service when its command ends. */
const isOfRoot = (error: unknown) => (error as NodeJS.ErrnoException).code === 'EACCES'

async function record({ store, changes, now }: Ports, { id, by, action, at, ...rest }: Note): Promise<void> {
  const who: AuditContent['who'] = { kind: 'local-user', name: by.name, id: by.uid }
  const act = {
    who,
    address: null,
    action,
    request: null,
    requestId: id,
    reason: `${rest.reason}, at ${at}`,
    target: {},
  }
  const { outcome, code } = rest
  const content = contentOf(act, { at: now().toISOString(), outcome, code, changes: rest.changes })
  if (await isRecorded({ store }, ({ requestId }) => requestId === id)) return
  await store.commit([{ change: 'add-audit-entry', content }])
  changes.announce(AUDIT_TOPIC)
}
