import { AgentError } from '../../base/agent-error.ts'

const LOOK_MS = 2_000

/** Does the work, and calls `end` during it when `admitted` begins to refuse the client. Other errors of `admitted` may pass. */
export async function whileAdmitted(
  admitted: () => Promise<void>,
  end: () => void,
  work: () => Promise<void>,
): Promise<void> {
  const look = () =>
    admitted().catch((error: unknown) => {
      if (error instanceof AgentError && error.kind === 'refused') end()
    })
  const timer = setInterval(look, LOOK_MS)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
}
