import type { HostView } from '../../host/host.ts'

export type Verdict =
  | { kind: 'pass'; found: string }
  /** `isRefusal`: the controller was reached, and said no. */
  | { kind: 'warn' | 'fail'; found: string; wanted: string; fix: string; isRefusal?: true }
  /** Does not apply here (no controller given, not that role); `found` says why. */
  | { kind: 'skipped'; found: string }

/** What a run of prechecks knows beforehand. */
export interface CheckParams {
  roles: readonly ('master' | 'worker' | 'storage')[]
  /** Absent when no credentials were given. */
  controller?: { urls: readonly string[]; ca: string; cert: string; key: string; proxy?: string }
  /** Of the cluster; absent where it is not known which that will be. */
  subnets?: { pod: string; service: string }
  /** Paths of this installation, which the previous-kubernetes and ports checks leave out of account. */
  ownStateDirectory: string
  /** The name that the node is about to get (`--hostname`); its present one where absent. */
  hostname?: string
}

/** What becomes a warning or a failure, in words; its numbers are the constants that `look` compares with. */
export interface Threshold {
  of: string
  warn?: string
  fail?: string
}

/**
 * One look at the machine. `look` changes nothing, and throws where it could not look, which is not `fail`.
 * `id` is the folder's name.
 */
export interface Check {
  id: string
  title: string
  /** A fail stops the run; without it a fail counts as a warning. */
  hard: boolean
  /** `--ignore-check` cannot demote it. */
  strict?: boolean
  /** One or two sentences for `precheck --explain`: what is looked at, and why. */
  why: string
  /** What to do about it in general, for people; a verdict's `fix` is for this machine. */
  remedy: string
  /** The values that its verdicts turn on; absent where it compares nothing. */
  thresholds?: readonly Threshold[]
  timeoutMs: number
  look(host: HostView, params: CheckParams): Promise<Verdict>
}
