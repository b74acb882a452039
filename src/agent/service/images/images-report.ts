import type { ErrorReport } from '../../../base/agent-error.ts'

/** What the process that keeps images tells the service: first what is missing, then how it ended. `said`: for the log. */
export type ImagesReport =
  | { missing: readonly string[] }
  | { said: string }
  /**
   * `kept`: all names that are pinned now. `restored`: images of the bundle that were missing or not pinned. `failed`: why an image
   * that people added is not here. `hasNews`: what is known of those has changed.
   */
  | { kept: readonly string[]; restored: readonly string[]; failed?: ErrorReport; hasNews?: boolean }
  | { error: ErrorReport }
