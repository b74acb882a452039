/** The executable and its arguments. Never a shell. */
export type Argv = readonly [string, ...string[]]
