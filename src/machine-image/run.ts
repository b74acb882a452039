import type { Argv } from '../host/argv.ts'

/** Runs a program to its end, and throws an AgentError if it fails. */
export type Run = (argv: Argv) => Promise<string>
