import { rmSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { readIfThere } from '../../../base/durable-file.ts'
import type { HasClock, HasStore } from '../../ports.ts'
import { byController, contentOf } from '../act.ts'

/** A restore leaves it in the data directory for the first start. */
export const RESTORED_FILE = 'restored.json'

/** What a restore found. */
export const Restored = z.object({
  /** When the backup was made, and restored. */
  createdAt: z.string(),
  restoredAt: z.string(),
  /** Of the audit log in the backup; null: it was as the controller wrote it. */
  fault: z.nullable(z.string()),
})
export type Restored = z.infer<typeof Restored>

/** The chain continues after a restore, and says that there was one: what was recorded after the backup is not in it. */
export async function noteRestore({ store, now }: HasStore & Pick<HasClock, 'now'>, directory: string): Promise<void> {
  const path = join(directory, RESTORED_FILE)
  const text = readIfThere(path)
  if (text === undefined) return
  const { createdAt, restoredAt, fault } = Restored.parse(JSON.parse(text))
  const found = fault === null ? '' : `; its audit log is not as it was written: ${fault}`
  const reason = `restored at ${restoredAt} from the backup of ${createdAt}${found}`
  const content = contentOf(byController('restoreBackup', reason), { at: now().toISOString(), outcome: 'done' })
  const latest = await store.auditAfter({ after: ((await store.auditHead())?.number ?? 0) - 10 }, 10)
  // Recorded by a start that was killed.
  if (!latest.some(({ content: { reason: each } }) => each === content.reason))
    await store.commit([{ change: 'add-audit-entry', content }])
  rmSync(path)
}
