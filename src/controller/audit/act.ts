import type { AuditChange, AuditContent } from '../../protocol/audit/entry.ts'
import { cleaned } from './cleaned.ts'

/** Who acts, from where, and by which request: what all entries of one request have in common. */
export interface Act extends Pick<AuditContent, 'who' | 'address' | 'action' | 'request' | 'requestId' | 'reason'> {
  /** What the request names, as far as it is known. */
  target: { cluster?: string | undefined; clusterId?: string | undefined; nodeId?: string | undefined }
}

type Happened = Pick<AuditContent, 'at' | 'outcome'> &
  Partial<Pick<AuditContent, 'target' | 'code' | 'count' | 'changes' | 'reason'>>

/** An entry has about so many bytes at most: whatever a client sends, and however many nodes a change concerns. */
export const MAX_ENTRY_BYTES = 16 * 1024
const MAX_TEXT_BYTES = 256

/** Masks what has the form of a secret, limits every text, also of a target or an address, and leaves out changes beyond the limit. */
export function contentOf({ target, ...act }: Act, happened: Happened): AuditContent {
  const named = { cluster: target.cluster ?? null, node: null, nodeId: target.nodeId ?? null }
  const all: AuditContent = {
    ...act,
    ...{ target: named, code: null, count: 1, changes: [], omitted: 0 },
    ...happened,
  }
  const { changes, ...rest } = all
  const short = Object.fromEntries(
    Object.entries(rest).map(([field, value]) => [field, cleaned(value, MAX_TEXT_BYTES)]),
  ) as typeof rest
  const kept = fitting(changes)
  return { ...short, changes: kept, omitted: changes.length - kept.length }
}

function fitting(changes: readonly AuditChange[]): AuditChange[] {
  let bytes = 0
  return changes.filter((change) => {
    bytes += Buffer.byteLength(JSON.stringify(change))
    return bytes <= MAX_ENTRY_BYTES
  })
}

/** What the controller does by itself, and why. */
export function byController(action: string, reason: string, target: Act['target'] = {}): Act {
  const who = { kind: 'controller', name: 'controller', id: null } as const
  return { ...{ who, address: null, action, request: null, requestId: null }, reason, target }
}
