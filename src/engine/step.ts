import { AgentError, type AgentErrorOptions } from '../base/agent-error.ts'
import type { Host, HostView } from '../host/host.ts'

/**
 * Whether it happened cannot be told from here, and doing it again could do harm: a person decides. `fix` names the
 * ways on.
 */
export class Indeterminate extends AgentError {
  constructor(code: string, message: string, options: AgentErrorOptions) {
    super(code, message, options)
    this.name = 'Indeterminate'
  }
}

/** A piece of work on the machine. Finding out whether it is done is apart from doing it. */
export interface Step<P, Mark extends string = string> {
  /** `component/verb-object`, e.g. `etcd/start-unit`. */
  id: string
  title: string
  /** What this step means to whoever watches the run; it travels in the events of the step. */
  marks?: Mark
  /** Looks at the machine, not at a memory of it. Throws `Indeterminate` where that cannot be told. */
  isDone(host: HostView, params: P): Promise<boolean>
  apply(host: Host, params: P, context: StepContext): Promise<void>
}

export interface StepContext {
  signal: AbortSignal
  /** For long work; `of` in the same unit. */
  progress(done: number, of: number, unit: 'bytes' | 'items'): void
  log(message: string): void
}

/**
 * Steps of a component run one after another; components run side by side except where `after` says otherwise.
 */
export interface Component<P, Id extends string = string, S extends Step<P> = Step<P>> {
  /** The folder's name. */
  id: Id
  /** Ids of components that must be done before; those that are not in the role are left out of account. */
  after: readonly Id[]
  steps(params: P): S[]
}

/** A role reads as a table of contents. */
export interface Role<P> {
  id: string
  components: readonly Component<P>[]
}
