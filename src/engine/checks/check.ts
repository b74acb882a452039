import type { HostView } from '../../host/host.ts'
import type { HttpProxy } from '../../host/network.ts'

export type Verdict =
  | { kind: 'pass'; found: string }
  /** `isRefusal`: the controller answered, and refused. */
  | { kind: 'warn' | 'fail'; found: string; wanted: string; fix: string; isRefusal?: true }
  /** Does not apply (no controller, another role); `found` says why. */
  | { kind: 'skipped'; found: string }

/** The input of the prechecks. */
export interface CheckParams {
  roles: readonly ('master' | 'worker' | 'storage')[]
  /** Absent without credentials. */
  controller?: { urls: readonly string[]; ca: string; cert: string; key: string; proxy?: HttpProxy }
  /** Subnets of the cluster; absent if the cluster is not known. */
  subnets?: { pod: string; service: string }
  /** State directory of this installation, whose files the previous-kubernetes and ports checks ignore. */
  ownStateDirectory: string
  /** The name that the node will have (`--hostname`); the current hostname if absent. */
  hostname?: string
}

/** Limits of a check as text, built from the constants that `look` compares with. */
export interface Threshold {
  of: string
  warn?: string
  fail?: string
}

/**
 * One check of the machine. `look` changes nothing. It throws if it cannot look, which is different from `fail`.
 * `id` is the folder's name.
 */
export interface Check {
  id: string
  title: string
  /** Whether a failure stops the run; otherwise it counts as a warning. */
  hard: boolean
  /** Whether `--ignore-check` has no effect on it. */
  strict?: boolean
  /** One or two sentences for `precheck --explain`: what the check looks at, and why. */
  why: string
  /** The fix in general; a verdict's `fix` is for this machine. */
  remedy: string
  /** The limits on which the verdict depends; absent if there are none. */
  thresholds?: readonly Threshold[]
  timeoutMs: number
  look(host: HostView, params: CheckParams): Promise<Verdict>
}
