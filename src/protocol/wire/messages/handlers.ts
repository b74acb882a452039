/** What one side does with each type of message; a type that is missing does not compile. */
export type Handlers<F extends { t: string }> = { [T in F['t']]: (frame: Extract<F, { t: T }>) => unknown }

/** Calls the handler of the message's type. */
export function handle<F extends { t: string }>(on: Handlers<F>, frame: F): unknown {
  return (on[frame.t as F['t']] as (frame: F) => unknown)(frame)
}
