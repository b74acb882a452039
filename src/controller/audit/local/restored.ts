import { rmSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { readIfThere } from '../../../base/durable-file.ts'
import { validityOf } from '../../domain/admission.ts'
import type { Change } from '../../domain/change.ts'
import type { HasClock, HasStore } from '../../ports.ts'
import type { Store } from '../../store/port.ts'
import { byController, contentOf } from '../act.ts'
import { differencesOf } from '../differences.ts'
import { isRecorded } from './is-recorded.ts'

/** A restore leaves it in the data directory for the first start. */
export const RESTORED_FILE = 'restored.json'

/** What a restore found. */
export const Restored = z.object({
  /** When the backup was made, and restored. */
  createdAt: z.string(),
  restoredAt: z.string(),
  /** Of the audit log in the backup; null: it was as the controller wrote it. */
  fault: z.nullable(z.string()),
  /** API tokens stay valid, although some may have been revoked since the backup. Absent in a note of an earlier build. */
  keepsTokens: z._default(z.boolean(), false),
})
export type Restored = z.infer<typeof Restored>

/**
 * The chain continues after a restore, and says that there was one: what was recorded after the backup is not in it. Sessions that were
 * ended since then, and tokens and administrators' certificates that were revoked, must not come back: all sessions end, and the others are
 * revoked. Whoever is root on the machine gets another certificate with this start (see access/admin-access.ts).
 */
export async function noteRestore({ store, now }: HasStore & Pick<HasClock, 'now'>, directory: string): Promise<void> {
  const path = join(directory, RESTORED_FILE)
  const text = readIfThere(path)
  if (text === undefined) return
  const { createdAt, restoredAt, fault, keepsTokens } = Restored.parse(JSON.parse(text))
  const found = fault === null ? '' : `; its audit log is not as it was written: ${fault}`
  const reason = `restored at ${restoredAt} from the backup of ${createdAt}${found}`
  const ends = [
    ...(await endedSessions(store)),
    ...(await revokedAdministrators(store, now())),
    ...(keepsTokens ? [] : await revokedTokens(store, now())),
  ]
  const changes = await differencesOf(store, ends)
  const content = contentOf(byController('restoreBackup', reason), {
    at: now().toISOString(),
    outcome: 'done',
    changes,
  })
  if (!(await isRecorded({ store }, (each) => each.reason === content.reason)))
    await store.commit([...ends, { change: 'add-audit-entry', content }])
  rmSync(path)
}

async function endedSessions(store: Store): Promise<Change[]> {
  return (await store.userSessions()).map(({ hash }) => ({ change: 'remove-user-session', hash }))
}

async function revokedAdministrators(store: Store, now: Date): Promise<Change[]> {
  const valid = (await store.administrators()).filter((each) => validityOf(each, now) === 'valid')
  const to = { revokedAt: now.toISOString(), revokedBy: 'restore' }
  return valid.map(({ serial }) => ({ change: 'set-administrator', serial, to }))
}

async function revokedTokens(store: Store, now: Date): Promise<Change[]> {
  const valid = (await store.apiTokens()).filter((each) => validityOf(each, now) === 'valid')
  const to = { revokedAt: now.toISOString(), revokedBy: 'restore' }
  return valid.map(({ hash }) => ({ change: 'set-api-token', hash, to }))
}
