/** How a process that renews certificates ended. */
export interface Renewal {
  isDone: boolean
  /** If it found nothing to renew: the first end of a certificate, or null if there is none that it would renew. */
  firstEnd?: string | null
}

/** What the process says to the service when it has found nothing to renew. */
export interface NothingDue {
  kind: 'nothing-due'
  firstEnd: string | null
}

/** `expired`: only what no longer works. `soon`: also what the controller should have renewed by now. */
export type When = 'expired' | 'soon'
