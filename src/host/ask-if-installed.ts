import { AgentError } from '../base/agent-error.ts'
import type { Argv } from './argv.ts'
import type { AskOptions, HostView, Output } from './host.ts'

/** The output of a command; undefined if its program is not installed. */
export async function askIfInstalled(
  view: Pick<HostView, 'ask'>,
  argv: Argv,
  options: AskOptions = {},
): Promise<Output | undefined> {
  try {
    return await view.ask(argv, options)
  } catch (error) {
    if (error instanceof AgentError && error.code === 'command/not-found') return undefined
    throw error
  }
}

/** The stdout of a command, whatever its exit code; '' if the program is not installed, or does not end in time. */
export async function outputOf(view: Pick<HostView, 'ask'>, argv: Argv, options: AskOptions = LIMITS): Promise<string> {
  try {
    return (await view.ask(argv, options)).stdout
  } catch (error) {
    if (error instanceof AgentError) return ''
    throw error
  }
}

const LIMITS: AskOptions = { timeoutMs: 30_000, maxBytes: 64 * 2 ** 20 }
