import { AgentError } from '../../base/agent-error.ts'
import type { Argv } from '../../host/argv.ts'
import type { HostView } from '../../host/host.ts'

const PATIENCE = { timeoutMs: 30_000, maxBytes: 64 * 2 ** 20 }

/** What a command prints; '' where it cannot be told. */
export async function answer(host: HostView, argv: Argv): Promise<string> {
  try {
    return (await host.ask(argv, PATIENCE)).stdout
  } catch (error) {
    if (error instanceof AgentError) return ''
    throw error
  }
}
