import { AgentError } from '../../base/agent-error.ts'

const LOOK_MS = 2_000

/**
 * Does the work, and calls `end` during it when `admitted` begins to refuse the client; throws this refusal after the work. Other
 * errors of `admitted` may pass.
 */
export async function whileAdmitted<T>(
  admitted: () => Promise<void>,
  end: () => void,
  work: () => Promise<T>,
): Promise<T> {
  let refused: AgentError | undefined
  const look = () =>
    admitted().catch((error: unknown) => {
      if (!(error instanceof AgentError) || error.kind !== 'refused') return
      refused = error
      end()
    })
  const timer = setInterval(look, LOOK_MS)
  try {
    const result = await work()
    if (refused) throw refused
    return result
  } finally {
    clearInterval(timer)
  }
}
