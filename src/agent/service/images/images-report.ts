import type { ErrorReport } from '../../../base/agent-error.ts'

/** What the process that keeps images tells the service: first what is missing, then how it ended. */
export type ImagesReport =
  | { missing: readonly string[] }
  /** `kept`: all names that are pinned now. `restored`: images that were missing or not pinned. */
  | { kept: readonly string[]; restored: readonly string[] }
  | { error: ErrorReport }
