import { AgentError, type AgentErrorOptions } from '../base/agent-error.ts'
import type { Host, HostView } from '../host/host.ts'

/**
 * It is unknown whether a step took effect, and repeating it could do harm, so a person has to decide. `fix` names the
 * options.
 */
export class Indeterminate extends AgentError {
  constructor(code: string, message: string, options: AgentErrorOptions) {
    super(code, message, options)
    this.name = 'Indeterminate'
  }
}

/** The smallest unit of work. Idempotent: applied twice, it changes nothing the second time. */
export interface Step<P, Mark extends string = string> {
  /** `component/verb-object`, e.g. `etcd/start-unit`. */
  id: string
  title: string
  /** What this step means to the controller; sent in the events of the step. */
  marks?: Mark
  /** Whether the result is there, by looking at the machine. Throws `Indeterminate` if that cannot be determined. */
  isDone(host: HostView, params: P): Promise<boolean>
  apply(host: Host, params: P, context: StepContext): Promise<void>
}

export interface StepContext {
  signal: AbortSignal
  /** Reports the progress of long work: `done` out of `of`. */
  progress(done: number, of: number, unit: 'bytes' | 'items'): void
  log(message: string): void
}

/**
 * The steps of a component run in order. Components run in parallel, except where `after` orders them.
 */
export interface Component<P, Id extends string = string, S extends Step<P> = Step<P>> {
  /** The folder's name. */
  id: Id
  /** Ids of components that must be done first. Components that are not in the workflow are ignored. */
  after: readonly Id[]
  steps(params: P): S[]
}

/** A list of components to carry out. */
export interface Workflow<P> {
  id: string
  components: readonly Component<P>[]
}
