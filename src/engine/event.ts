import type { ErrorReport } from '../base/agent-error.ts'

export type Outcome = 'done' | 'failed' | 'indeterminate' | 'cancelled'

/** What a run reports. Plain data, which goes to the log file, to the terminal and to the controller. */
export type EngineEvent =
  | { kind: 'run-started'; at: string; role: string; steps: { id: string; title: string }[] }
  | { kind: 'step-started'; at: string; step: string; title: string; marks?: string }
  | { kind: 'step-progress'; at: string; step: string; done: number; of: number; unit: 'bytes' | 'items' }
  | { kind: 'step-skipped'; at: string; step: string; because: string; marks?: string }
  | { kind: 'step-done'; at: string; step: string; ms: number; marks?: string }
  | { kind: 'step-failed'; at: string; step: string; error: ErrorReport }
  | { kind: 'log'; at: string; level: 'debug' | 'info' | 'warn' | 'error'; message: string }
  | { kind: 'run-ended'; at: string; outcome: Outcome; ms: number; error?: ErrorReport }

export type Emit = (event: EngineEvent) => void
