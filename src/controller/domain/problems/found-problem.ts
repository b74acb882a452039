import type { KnownProblem } from '../records.ts'

/** A problem that is observed now; `since` if Kubernetes or the agent reports it. */
export type Found = Omit<KnownProblem, 'since' | 'firstSeenAt' | 'counts'> & { since?: string | undefined }

/** `: REASON, MESSAGE`, without the parts that are empty. */
export function because({ reason, message }: { reason: string; message: string }): string {
  const text = [reason, message].filter((part) => part !== '').join(', ')
  return text === '' ? '' : `: ${text}`
}
