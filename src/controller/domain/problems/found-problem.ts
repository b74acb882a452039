import type { KnownProblem } from '../records.ts'

/** A problem as it is seen now; `since` where that is told. */
export type Found = Omit<KnownProblem, 'since' | 'firstSeenAt' | 'counts'> & { since?: string | undefined }

/** `: REASON, MESSAGE`, as far as there is one. */
export function because({ reason, message }: { reason: string; message: string }): string {
  const said = [reason, message].filter((text) => text !== '').join(', ')
  return said === '' ? '' : `: ${said}`
}
