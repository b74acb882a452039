import { AgentError } from '../../base/agent-error.ts'
import type { Argv } from '../../host/argv.ts'
import type { HostView } from '../../host/host.ts'

const LIMITS = { timeoutMs: 30_000, maxBytes: 64 * 2 ** 20 }

/** The stdout of a command; '' if the command fails. */
export async function outputOf(host: HostView, argv: Argv): Promise<string> {
  try {
    return (await host.ask(argv, LIMITS)).stdout
  } catch (error) {
    if (error instanceof AgentError) return ''
    throw error
  }
}
