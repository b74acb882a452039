import type { AuditContent } from '../../../protocol/audit/entry.ts'
import type { HasStore } from '../../ports.ts'

const NEWEST = 10

/** Whether one of the newest entries is the wanted one: it was stored before the controller was killed. */
export async function isRecorded({ store }: HasStore, isWanted: (content: AuditContent) => boolean): Promise<boolean> {
  const after = ((await store.auditHead())?.number ?? 0) - NEWEST
  return (await store.auditAfter({ after }, NEWEST)).some(({ content }) => isWanted(content))
}
